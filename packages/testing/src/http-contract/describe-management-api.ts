import { afterAll, beforeAll, describe } from 'vitest'
import type { Directory, Tenancy } from '@partywall/tenancy-core'
import type { Route } from '@partywall/tenancy-core/http'
import { createHttpSite } from './http-site.ts'
import type { HttpSite } from './http-site.ts'
import { createHttpStage } from './http-stage.ts'
import type { HttpHost, StartHttpHost } from './http-stage.ts'
import { as, call } from './http-client.ts'
import type { HttpAnswer } from './http-client.ts'
import { describeApiKeys } from './management/api-keys.ts'
import { describeDomains } from './management/domains.ts'
import { describeInvitations } from './management/invitations.ts'
import { describeMembers } from './management/members.ts'
import { describeOrganization } from './management/organization.ts'
import { describeSettings } from './management/settings.ts'
import { describeSubscription } from './management/subscription.ts'
import { describeStrangers } from './management/strangers.ts'

/** What is described. */
export interface DescribeManagementApiOptions {
  readonly start: StartHttpHost
  /**
   * The routes of `organizationRoutes`, with the settings {@link managementSettings} and the name servers {@link managementDns}; the
   * address of each user is `<user id>@example.com`, and `nobody` has none.
   */
  readonly open: (tenancy: Tenancy) => { readonly directory: Directory; readonly routes: readonly Route[] }
}

/** What the promises of the management API are played on, once it is up. */
export interface ManagementTarget {
  readonly site: () => HttpSite
  readonly routes: () => readonly Route[]
  /** Calls below the prefix, as a user in an organization; with a body where one is given. */
  readonly ask: Ask
  /** Makes a user a member of `acme`, as nobody of the API could. */
  readonly join: (userId: string, role: string) => Promise<void>
}

/** `ask('ada', 'GET /organization')` */
export type Ask = (user: string, request: string, more?: AskOptions) => Promise<HttpAnswer>

/** What a request has besides its line. */
export interface AskOptions {
  readonly body?: unknown
  /** @defaultValue `'acme'` */
  readonly organization?: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Describes to vitest what the management API promises, kept by an adapter over real sockets on a real PostgreSQL that
 * Partywall converted. Needs the global setup `@partywall/testing/vitest-global-setup`.
 *
 * @example
 * ```ts
 * describeManagementApi('my framework', { start: startHost, open: openOrganizations })
 * ```
 */
export function describeManagementApi(name: string, options: DescribeManagementApiOptions): void {
  describe(`the management API on ${name}`, () => {
    let site: HttpSite
    let host: HttpHost
    let routes: readonly Route[]

    beforeAll(async () => {
      let opened: ReturnType<typeof options.open> | undefined
      site = await createHttpSite((tenancy) => (opened = options.open(tenancy)).directory)
      routes = opened?.routes ?? []
      const { tenancy, directory } = site
      host = await options.start(createHttpStage({ tenancy, directory, routes }, { responded: [], background: [] }))
    })

    afterAll(async () => {
      await host[Symbol.asyncDispose]()
      await site[Symbol.asyncDispose]()
    })

    const ask: Ask = (user, request, { body, organization = 'acme', headers } = {}) => {
      const [method = '', path = ''] = request.split(' ')
      const json = body === undefined ? {} : { 'content-type': 'application/json' }
      return call(`${host.origin}/v1${path}`, {
        method,
        headers: { ...as(user, organization), ...json, ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    }
    const join = async (userId: string, role: string): Promise<void> => {
      const member = 'insert into partywall.memberships (organization_id, user_id, role) values ($1, $2, $3)'
      await site.database.admin(member, [site.acmeId, userId, role])
    }
    const target: ManagementTarget = { site: () => site, routes: () => routes, ask, join }
    describeOrganization(target)
    describeSettings(target)
    describeMembers(target)
    describeInvitations(target)
    describeApiKeys(target)
    describeDomains(target)
    describeSubscription(target)
    describeStrangers(target)
  })
}
