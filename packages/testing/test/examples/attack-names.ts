import { isDeepStrictEqual } from 'node:util'
import { Pool } from 'pg'
import type { Json } from '@partywall/tenancy-core/http'
import { siteOf } from '../../../organizations/test/http/attack-route.ts'
import { createCast } from '../../../organizations/test/http/cast.ts'
import { startHost } from '../../../organizations/test/http/hosts.ts'
import { documentOf } from '../../../organizations/test/http/sample.ts'
import { openStage, stageSettings } from '../../../organizations/test/http/stage.ts'
import { organizationRoutes } from '@partywall/organizations'
import type { Organizations } from '@partywall/organizations'
import { createContractDatabase } from '../../src/contract/index.ts'
import { routesOfDocument } from '../../src/http-attacks/index.ts'
import type { AttackedRoute, AttackedSite, DescribeTenantAttacksOptions, Sample } from '../../src/http-attacks/index.ts'
import { testServer } from '../../src/vitest.ts'

/** The names that the examples of the attacks use without declaring them. */
export interface AttackNames {
  readonly site: AttackedSite
  readonly document: Json
  readonly origin: string
  /** `GET /v1/organization`, and a request on it. */
  readonly route: AttackedRoute
  readonly sample: Sample
  /** `DELETE /v1/organization/members/{userId}` */
  readonly removal: AttackedRoute
  /** Sees every row. */
  readonly admin: Pool
  readonly organizationId: string
  readonly startAttackedHost: DescribeTenantAttacksOptions['start']
  readonly isDeepStrictEqual: typeof isDeepStrictEqual
}

/** The document of the routes that every host of the attacks has. */
export const attackedDocument: Json = documentOf(
  organizationRoutes({ settingsSchema: stageSettings } as Partial<Organizations> as Organizations, {
    emailOf: async () => undefined,
  }),
)

/** Starts a host on a database of its own, with two organizations. */
export async function startAttackedHost(): Promise<AttackedSite & AsyncDisposable & Pick<AttackNames, 'admin'>> {
  const database = await createContractDatabase(await testServer())
  const stage = await openStage(database)
  const host = await startHost('fastify', stage)
  const [victim, rival] = [await createCast(stage), await createCast(stage)]
  const admin = new Pool({ connectionString: database.adminUrl, max: 1 })
  return {
    ...siteOf({ stage, origin: host.origin, victim, rival }),
    admin,
    [Symbol.asyncDispose]: async () => {
      await admin.end()
      await host[Symbol.asyncDispose]()
      await stage[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

export async function attackNames(site: AttackedSite & Pick<AttackNames, 'admin'>): Promise<AttackNames> {
  const routes = routesOfDocument(attackedDocument)
  const routeOf = (method: string, path: string): AttackedRoute => {
    const found = routes.find((route) => route.method === method && route.path === path)
    if (found === undefined) throw new Error(`No route is ${method} ${path}.`)
    return found
  }
  return {
    site,
    document: attackedDocument,
    origin: site.origin,
    route: routeOf('GET', '/v1/organization'),
    sample: { path: '/v1/organization', headers: {}, body: undefined },
    removal: routeOf('DELETE', '/v1/organization/members/{userId}'),
    admin: site.admin,
    organizationId: (await site.organizations()).victim.id,
    startAttackedHost,
    isDeepStrictEqual,
  }
}
