import type { Phase } from '../plan/step.ts'
import type { ObjectResult } from './objects/object-prober.ts'
import type { SessionResult } from './sessions/session-probes.ts'
import type { InterferenceResult } from './surfaces/interference-prober.ts'
import type { TableResult } from './table-prober.ts'
import type { Crossing, VerifyReport } from './verify-report.ts'

/** What came of the attacks on one table, by the name that people write. */
export interface TableFinding {
  readonly table: string
  readonly result: TableResult
}

/** Everything that a proof found, before it is told. */
export interface Findings {
  readonly phase: Phase
  readonly seal: VerifyReport['seal']
  readonly serverVersion: number
  readonly crossings: readonly Crossing[]
  readonly results: readonly TableFinding[]
  readonly objects: ObjectResult
  readonly interference: InterferenceResult
  readonly sessions: SessionResult
  readonly roles: readonly string[]
  readonly durationMs: number
}

/** Tells what is proved, and of what nothing more is known than its definition. */
export function buildReport({
  phase,
  seal,
  serverVersion,
  crossings,
  results,
  objects,
  interference,
  sessions,
  roles,
  durationMs,
}: Findings): VerifyReport {
  const crossed = new Set(crossings.map((one) => one.table))
  const clean = results.filter(({ table }) => !crossed.has(table))
  const staticOnly = clean.flatMap(({ table, result }) => {
    const reason = result.reason ?? interference.unproved.find((one) => one.table === table)?.reason
    return reason === undefined ? [] : [{ table, reason }]
  })
  const sum = (count: (result: TableResult) => number): number =>
    results.reduce((total, { result }) => total + count(result), 0)
  const { compared, staticOnly: unseen } = interference
  return {
    ok: crossings.length === 0,
    phase,
    seal,
    serverVersion,
    tables: { total: results.length, proved: clean.length - staticOnly.length, staticOnly: staticOnly.length },
    staticOnly,
    surfaces: { total: compared.length + unseen.length, compared: compared.length, staticOnly: unseen },
    attacked: results.map(({ table, result: { run, blocked, byProbe } }) => ({ table, run, blocked, probes: byProbe })),
    objects: objects.byProbe,
    sessions: sessions.byProbe,
    roles,
    probes: {
      run: sum((result) => result.run) + objects.run + interference.run + sessions.run,
      blocked: sum((result) => result.blocked) + objects.blocked + interference.blocked + sessions.blocked,
    },
    crossings,
    mutations: { run: 0, killed: 0, kinds: [], survivors: [], notRun: [] },
    durationMs,
  }
}
