import { keepPromise, tenantScopePromises } from '@partywall/testing/contract'
import type { ContractDatabase } from '@partywall/testing/contract'
import type { Candidate } from './sabotage.ts'

/** What became of the promises on one candidate. */
export interface MatrixRow {
  readonly name: string
  readonly sound: boolean
  /** Why each promise that is broken is broken, by its id. */
  readonly broken: Readonly<Record<string, string>>
  /** Ids of the promises that were played. */
  readonly played: readonly string[]
  readonly durationMs: number
}

/** What the matrix says. */
export interface MatrixVerdict {
  /** Sabotages that broke no promise. */
  readonly survived: readonly string[]
  /** Promises that no sabotage breaks: they prove nothing. */
  readonly idle: readonly string[]
  /** Promises that a sound scope breaks. */
  readonly wrong: readonly string[]
  readonly killed: number
  readonly sabotages: number
  readonly promises: number
}

const promiseTimeoutMs = 4_000

/** Plays every promise against a candidate: on the playground, or on a copy of the pristine database that is broken. */
export async function playCandidate(
  candidate: Candidate,
  databases: { readonly pristine: ContractDatabase; readonly playground: ContractDatabase },
): Promise<MatrixRow> {
  const copy = candidate.alter === undefined ? undefined : await databases.pristine.clone(candidate.alter)
  const broken: Record<string, string> = {}
  const played: string[] = []
  const startedAt = performance.now()
  try {
    for (const promise of tenantScopePromises) {
      if (promise.needs !== undefined && candidate.lacks[promise.needs] !== undefined) continue
      played.push(promise.id)
      const target = { database: copy ?? databases.playground, open: candidate.open, timeoutMs: promiseTimeoutMs }
      await keepPromise(promise, target).catch((error: unknown) => {
        broken[promise.id] = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
      })
    }
  } finally {
    await copy?.[Symbol.asyncDispose]()
  }
  const durationMs = Math.round(performance.now() - startedAt)
  return { name: candidate.name, sound: candidate.sound, broken, played, durationMs }
}

/** Judges the rows. */
export function judge(rows: readonly MatrixRow[]): MatrixVerdict {
  const sabotages = rows.filter((row) => !row.sound)
  const survived = sabotages.filter(({ broken }) => Object.keys(broken).length === 0).map(({ name }) => name)
  const killers = new Set(sabotages.flatMap(({ broken }) => Object.keys(broken)))
  return {
    survived,
    idle: tenantScopePromises.map(({ id }) => id).filter((id) => !killers.has(id)),
    wrong: rows.filter((row) => row.sound).flatMap((row) => Object.keys(row.broken).map((id) => `${row.name}: ${id}`)),
    killed: sabotages.length - survived.length,
    sabotages: sabotages.length,
    promises: tenantScopePromises.length,
  }
}

/** The matrix as text: a column for each promise, a row for each candidate, `x` where it is broken. */
export function printMatrix(rows: readonly MatrixRow[]): string {
  const ids = tenantScopePromises.map(({ id }) => id)
  const height = Math.max(...ids.map((id) => id.length))
  const width = Math.max(...rows.map(({ name }) => name.length))
  const header = Array.from({ length: height }, (_, line) => {
    const letters = ids.map((id) => id.padStart(height)[line] ?? ' ')
    return `${' '.repeat(width)}  ${letters.join(' ')}`
  })
  const lines = rows.map(({ name, broken, played }) => {
    const marks = ids.map((id) => (id in broken ? 'x' : played.includes(id) ? '.' : ' '))
    return `${name.padEnd(width)}  ${marks.join(' ')}`
  })
  return [...header, ...lines].join('\n')
}
