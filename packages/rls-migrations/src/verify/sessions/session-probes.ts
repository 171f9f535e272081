import { randomUUID } from 'node:crypto'
import { appLane } from '../probe-lane.ts'
import type { Crossing, ProbeCount } from '../verify-report.ts'
import { freshConnection } from './fresh-connection.ts'
import { pooledClients } from './pooled-clients.ts'
import type { SessionProbe } from './session-probe.ts'
import { temporaryTable } from './temporary-table.ts'

/** Every attack on the connections of the application. A new idea is a file beside this one and a line here. */
export const sessionProbes: readonly SessionProbe[] = [freshConnection, pooledClients, temporaryTable]

export interface SessionResult {
  readonly run: number
  readonly blocked: number
  readonly byProbe: readonly ProbeCount[]
  readonly crossings: readonly Crossing[]
}

/**
 * Attacks the connections of an application's login, through whatever pooler its connection string leads to.
 *
 * @throws TenancyError `DATABASE_UNREACHABLE` when the login cannot connect.
 */
export async function probeSessions(appUrl: string, setting: string): Promise<SessionResult> {
  await using one = await appLane(appUrl)
  await using other = await appLane(appUrl)
  const crossings: Crossing[] = []
  for (const probe of sessionProbes) {
    const detail = await probe.run({ clients: [one, other], setting, organization: randomUUID() })
    if (detail !== undefined) crossings.push({ table: one.login, probe: probe.name, detail })
  }
  const byProbe = sessionProbes.map(({ name }) => {
    const isCrossed = crossings.some((one) => one.probe === name)
    return { probe: name, run: 1, blocked: isCrossed ? 0 : 1 }
  })
  return { run: sessionProbes.length, blocked: sessionProbes.length - crossings.length, byProbe, crossings }
}
