import { randomUUID } from 'node:crypto'
import { Client, Pool } from 'pg'
import { drawScenario } from './draw-scenario.ts'
import { readFinalStates } from './final-state.ts'
import { judge } from './judge.ts'
import { Lane } from './lane.ts'
import type { History } from './lane.ts'
import { namesOf } from './names.ts'
import type { RaceUrls } from './race-database.ts'
import { RaceTally } from './race-report.ts'
import type { RaceReport } from './race-report.ts'
import { setUp } from './set-up.ts'
import type { Race } from './set-up.ts'
import { readTestimony } from './witness.ts'
import type { Testimony } from './witness.ts'

/** Which interleavings are run. */
export interface RunOptions {
  readonly urls: RaceUrls
  readonly seed: number
  /** The number of the first. */
  readonly from: number
  readonly count: number
  /** How many run at once. @defaultValue 8 */
  readonly lanes?: number
  /** Ends after the batch with the first violation. */
  readonly stopAtViolation?: boolean
  readonly onBatch?: (report: RaceReport) => void
  /** The number of the scenario of each. @defaultValue its own number */
  readonly scenarioOf?: (number: number) => number
}

const batchSize = 64

/** Runs interleavings, each in an organization of its own, and judges each by what the database says of it. */
export async function runRaces(options: RunOptions): Promise<RaceReport> {
  const { urls, seed, from, count, lanes: width = 8, scenarioOf = (number) => number } = options
  const tally = new RaceTally(seed)
  await using connections = await connect(urls)
  const { admin, app, disturber } = connections
  const lanes = Array.from({ length: width }, () => new Lane(urls, disturber))
  try {
    for (let first = from; first < from + count; first += batchSize) {
      const size = Math.min(batchSize, from + count - first)
      const races = Array.from({ length: size }, (_, at) => newRace(seed, first + at, scenarioOf(first + at)))
      await setUp(admin, races)
      const histories = await runAll(lanes, races)
      const testimony = await testimonyOf(admin, races)
      const stateOf = await readFinalStates({ admin, app }, races)
      for (const history of histories) {
        const violations = judge(history, testimony.get(history.race.names.number) ?? [], stateOf(history.race))
        tally.add(history, violations)
      }
      // Every race has the same users, whose organizations the look-ups go through.
      await admin.query('delete from partywall.organizations where id = any ($1)', [
        races.map(({ names }) => names.organizationId),
      ])
      options.onBatch?.(tally.report())
      if (options.stopAtViolation === true && tally.report().violations > 0) break
    }
  } finally {
    await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()))
  }
  return tally.report()
}

/** Runs one scenario again and again: what the scheduler of the system does differs each time. */
export function repeatRace(options: {
  readonly urls: RaceUrls
  readonly seed: number
  readonly number: number
  readonly times: number
}): Promise<RaceReport> {
  const { urls, seed, number, times } = options
  return runRaces({ urls, seed, from: 0, count: times, scenarioOf: () => number })
}

function newRace(seed: number, number: number, scenario: number): Race {
  return { scenario: drawScenario(seed, scenario), names: namesOf(number, randomUUID()), invitations: new Map() }
}

async function runAll(lanes: readonly Lane[], races: readonly Race[]): Promise<readonly History[]> {
  const waiting = [...races]
  const histories: History[] = []
  const work = async (lane: Lane): Promise<void> => {
    for (let race = waiting.shift(); race !== undefined; race = waiting.shift()) histories.push(await lane.run(race))
  }
  await Promise.all(lanes.map(work))
  return histories
}

async function testimonyOf(admin: Client, races: readonly Race[]): Promise<ReadonlyMap<number, readonly Testimony[]>> {
  const { rows } = await admin.query<Testimony>(readTestimony, [races.map(({ names }) => names.number)])
  return Map.groupBy(rows, ({ interleaving }) => interleaving)
}

interface Connections extends AsyncDisposable {
  readonly admin: Client
  readonly app: Client
  readonly disturber: Pool
}

async function connect({ admin: adminUrl, app: appUrl }: RaceUrls): Promise<Connections> {
  const admin = new Client({ connectionString: adminUrl })
  const app = new Client({ connectionString: appUrl })
  const disturber = new Pool({ connectionString: adminUrl, max: 2 })
  // The end of a pool does not wait for its backends: the copy is dropped under the last of them.
  disturber.on('error', () => {})
  await Promise.all([admin.connect(), app.connect()])
  const dispose = async (): Promise<void> => void (await Promise.all([admin.end(), app.end(), disturber.end()]))
  return { admin, app, disturber, [Symbol.asyncDispose]: dispose }
}
