import type { Route } from '@partywall/tenancy-core/http'
import type { Organizations } from '../organizations.ts'
import { apiKeyRoutes } from './api-key-routes.ts'
import { domainRoutes } from './domain-routes.ts'
import { doorRoutes } from './door-routes.ts'
import { invitationRoutes } from './invitation-routes.ts'
import { memberRoutes } from './member-routes.ts'
import { personRoutes } from './person-routes.ts'
import { recordRoutes } from './record-routes.ts'
import { settingsRoutes } from './settings-routes.ts'
import { subscriptionRoutes } from './subscription-routes.ts'

/** Options of {@link organizationRoutes}. */
export interface OrganizationRoutesOptions {
  /**
   * The address of a user that the host's sign-in has verified, for `POST /invitations/accept`, where who holds the token of an
   * invitation and has another address is refused, and for joining by the domain of it, below `/organizations`. `undefined` for
   * a user without one: an address that anybody typed would open the door to anybody.
   *
   * @defaultValue the routes are not mounted
   */
  readonly emailOf?: ((userId: string) => Promise<string | undefined>) | undefined
}

/**
 * The routes of organizations, for an adapter to mount: the organization of the request with its members, invitations, API
 * keys and domains below `/organization`, and what belongs to a person below `/organizations` and `/invitations`. Whoever acts, the
 * database asks for role and rank again: a route lets nothing through that the functions of {@link Organizations} refuse.
 *
 * @example
 * ```ts
 * const routes = organizationRoutes(organizations, { emailOf: async (userId) => await emailOf(userId) })
 * await app.register(partywall, { tenancy, directory: organizations, claim, prefix: '/v1', routes: [routes] })
 * const { statusCode } = await app.inject({ url: '/v1/organization', headers: request.headers }) // { statusCode: 200 }
 * ```
 */
export function organizationRoutes(
  organizations: Organizations,
  { emailOf }: OrganizationRoutesOptions = {},
): readonly Route[] {
  return [
    ...recordRoutes(organizations),
    ...settingsRoutes(organizations),
    ...memberRoutes(organizations),
    ...invitationRoutes(organizations),
    ...apiKeyRoutes(organizations),
    ...subscriptionRoutes(organizations),
    ...domainRoutes(organizations),
    ...personRoutes(organizations, emailOf),
    ...(emailOf === undefined ? [] : doorRoutes(organizations, emailOf)),
  ]
}
