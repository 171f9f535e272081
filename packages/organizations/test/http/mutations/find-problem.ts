import type { Route } from '@partywall/tenancy-core/http'
import { attackFault } from '../attack-fault.ts'
import { attackRoute } from '../attack-route.ts'
import { startHost } from '../hosts.ts'
import type { HostName, HostParts } from '../hosts.ts'
import type { Stage } from '../stage.ts'

/** What is attacked: a host with these parts, on these of its routes. */
export interface Attacked {
  readonly stage: Stage
  readonly host: HostName
  readonly parts?: Partial<HostParts>
  /** @defaultValue every route */
  readonly routes?: readonly Route[]
}

/** The first thing that goes through on a host; `undefined` when nothing does. */
export async function findProblem({ stage, host, parts = {}, routes }: Attacked): Promise<string | undefined> {
  const { tenancy, directory } = stage
  await using running = await startHost(host, { tenancy, directory, routes: stage.routes, ...parts })
  const [fault] = await attackFault(running.origin)
  if (fault !== undefined) return fault
  for (const route of routes ?? stage.routes) {
    try {
      const { problems } = await attackRoute(stage, running.origin, route)
      if (problems[0] !== undefined) return `${route.method} ${route.path}: ${problems[0]}`
    } catch (error) {
      return `${route.method} ${route.path}: ${String(error)}`
    }
  }
  return undefined
}
