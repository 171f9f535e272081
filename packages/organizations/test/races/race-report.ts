import type { History } from './lane.ts'
import { describeOperation } from './race-session.ts'

/** What a run of races saw. `violations` must be 0. */
export interface RaceReport {
  readonly seed: number
  readonly interleavings: number
  readonly transactions: { readonly committed: number; readonly rolledBack: number; readonly lost: number }
  /** How often each operation was done. */
  readonly done: Readonly<Record<string, number>>
  /** How often operations and ends of transactions were refused, by SQLSTATE. */
  readonly refused: Readonly<Record<string, number>>
  /** Interleavings in which something is wrong. */
  readonly violations: number
  /** The first of them, in full. */
  readonly examples: readonly string[]
}

const keptExamples = 5

/** Counts while races are run. */
export class RaceTally {
  readonly #seed: number
  #interleavings = 0
  #violations = 0
  readonly #transactions = { committed: 0, rolledBack: 0, lost: 0 }
  readonly #done: Record<string, number> = {}
  readonly #refused: Record<string, number> = {}
  readonly #examples: string[] = []

  constructor(seed: number) {
    this.#seed = seed
  }

  add(history: History, violations: readonly string[]): void {
    this.#interleavings += 1
    for (const { attempts, ended } of history.sessions) {
      if (ended === 'committed') this.#transactions.committed += 1
      else if (ended === 'unknown') this.#transactions.lost += 1
      else this.#transactions.rolledBack += 1
      if (!['committed', 'rolled back', 'unknown'].includes(ended)) count(this.#refused, ended)
      for (const { operation, outcome } of attempts) {
        if (outcome === 'done') count(this.#done, operation.kind)
        else if (outcome !== 'nothing') count(this.#refused, outcome)
      }
    }
    if (violations.length === 0) return
    this.#violations += 1
    if (this.#examples.length < keptExamples) this.#examples.push(tell(history, violations))
  }

  report(): RaceReport {
    return {
      seed: this.#seed,
      interleavings: this.#interleavings,
      transactions: { ...this.#transactions },
      done: { ...this.#done },
      refused: { ...this.#refused },
      violations: this.#violations,
      examples: [...this.#examples],
    }
  }
}

/** The sum of the reports of several processes. */
export function sumReports(reports: readonly RaceReport[]): RaceReport {
  const counts = (key: 'done' | 'refused'): Record<string, number> => {
    const sum: Record<string, number> = {}
    for (const report of reports) {
      for (const [name, times] of Object.entries(report[key])) sum[name] = (sum[name] ?? 0) + times
    }
    return sum
  }
  const total = (of: (report: RaceReport) => number): number => reports.reduce((sum, report) => sum + of(report), 0)
  return {
    seed: reports[0]?.seed ?? 0,
    interleavings: total(({ interleavings }) => interleavings),
    transactions: {
      committed: total(({ transactions }) => transactions.committed),
      rolledBack: total(({ transactions }) => transactions.rolledBack),
      lost: total(({ transactions }) => transactions.lost),
    },
    done: counts('done'),
    refused: counts('refused'),
    violations: total(({ violations }) => violations),
    examples: reports.flatMap(({ examples }) => examples).slice(0, keptExamples),
  }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

/** All that is known of an interleaving. */
function tell({ race, sessions, lines }: History, violations: readonly string[]): string {
  const { scenario, names } = race
  return [
    `interleaving ${names.number}`,
    ...violations.map((violation) => `  ! ${violation}`),
    `  ${scenario.status}; members: ${scenario.members.map(({ user, role, status }) => `${user} ${role} ${status}`).join(', ')}`,
    `  spare seats: ${scenario.spareSeats}`,
    `  invitations: ${JSON.stringify(scenario.invitations)}`,
    `  keys: ${JSON.stringify(scenario.keys)}`,
    ...sessions.map(
      ({ session }, at) =>
        `  session ${at}, ${session.login}, ${session.level}${session.savepoints ? ', savepoints' : ''}: ` +
        `${session.operations.map(describeOperation).join(', ')}; ${session.end}`,
    ),
    ...lines.map((line) => `  > ${line}`),
  ].join('\n')
}
