import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import type { Directory, Tenancy } from '@partywall/tenancy-core'
import { installationsOf } from './contract-claims.ts'
import { contractRoutes } from './contract-routes.ts'
import { createHttpSite } from './http-site.ts'
import type { HttpSite } from './http-site.ts'
import { createHttpStage } from './http-stage.ts'
import type { HttpHost, HttpRecords, StartHttpHost } from './http-stage.ts'
import { describeClaims } from './promises/claims.ts'
import { describeContext } from './promises/context.ts'
import { describeIdempotency } from './promises/idempotency.ts'
import { describePages } from './promises/pages.ts'
import { describeProblems } from './promises/problems.ts'
import { describeReference } from './promises/reference.ts'
import { describeRefusals } from './promises/refusals.ts'
import { describeVersions } from './promises/versions.ts'

/** What is described. */
export interface DescribeHttpHostOptions {
  readonly start: StartHttpHost
  /** Who is a member of what: `createOrganizations`. */
  readonly directory: (tenancy: Tenancy) => Directory
  /** Creates an API key in the organization in scope: `createOrganizations(tenancy).createApiKey(key)`. */
  readonly createApiKey: (tenancy: Tenancy, key: NewContractKey) => Promise<{ readonly text: string }>
}

/** A key that the suite asks for. */
export interface NewContractKey {
  readonly name: string
  readonly permissions: readonly string[]
}

/** What the promises are played on, once it is up. */
export interface HttpTarget {
  readonly site: () => HttpSite
  readonly host: () => HttpHost
  readonly records: HttpRecords
  readonly createApiKey: (key: NewContractKey) => Promise<{ readonly text: string }>
}

/**
 * Describes to vitest every promise of an HTTP adapter, kept over real sockets on a real PostgreSQL that Partywall
 * converted. Needs the global setup `@partywall/testing/vitest-global-setup`.
 *
 * @example
 * ```ts
 * describeHttpHost('my framework', {
 *   start: startHost,
 *   directory: createOrganizations,
 *   createApiKey: (tenancy, key) => createOrganizations(tenancy).createApiKey(key),
 * })
 * ```
 */
export function describeHttpHost(name: string, options: DescribeHttpHostOptions): void {
  describe(name, () => {
    const records: HttpRecords = { responded: [], background: [] }
    let site: HttpSite
    let host: HttpHost

    beforeAll(async () => {
      site = await createHttpSite(options.directory)
      const { tenancy } = site
      const directory = { ...site.directory, findInstallation: installationsOf(tenancy) }
      host = await options.start(createHttpStage({ tenancy, directory, routes: contractRoutes(tenancy) }, records))
    })

    afterEach(async () => {
      await site.database.admin("update partywall.memberships set status = 'active'")
      await site.database.admin("update partywall.organizations set status = 'active'")
    })

    afterAll(async () => {
      await host[Symbol.asyncDispose]()
      await site[Symbol.asyncDispose]()
    })

    const target: HttpTarget = {
      site: () => site,
      host: () => host,
      records,
      createApiKey: (key) => options.createApiKey(site.tenancy, key),
    }
    describeContext(target)
    describeClaims(target)
    describeRefusals(target)
    describeProblems(target)
    describePages(target)
    describeVersions(target)
    describeIdempotency(target)
    describeReference(target)
  })
}
