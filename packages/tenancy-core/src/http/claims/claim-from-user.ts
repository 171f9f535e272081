import { TenancyError } from '../../tenancy-error.ts'
import type { ClaimReader } from '../request-claim.ts'
import { organizationOf } from './named-organization.ts'
import type { OrganizationPlaces } from './named-organization.ts'

/** Options of {@link claimFromUser}. */
export interface UserClaimOptions<Request> {
  /** The user whom the host has verified, by the id in its own table: of a session, of a token. Nobody: `undefined`. */
  readonly user: (request: Request) => string | null | undefined | Promise<string | null | undefined>
  /** Where the request may say which organization it is about: one place or several. */
  readonly organization: OrganizationPlaces<Request>
}

/**
 * A person who was signed in by the host, and the organization that the request names.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` without a `user` or an `organization`. The reader throws
 * `CLAIM_AMBIGUOUS` when the places name different organizations, what its functions throw, and passes on without a user.
 *
 * @example
 * ```ts
 * const claim = claimFromUser({
 *   user: userOf,
 *   organization: [organizationFromSubdomain({ domain: 'flakeguard.example' }), organizationFromHeader()],
 * })
 * await claim(request) // { userId: '1', organization: 'acme' }
 * ```
 */
export function claimFromUser<Request>({ user, organization }: UserClaimOptions<Request>): ClaimReader<Request> {
  if (typeof user !== 'function' || (typeof organization !== 'function' && !Array.isArray(organization))) {
    throw new TenancyError(
      'CONFIGURATION_INVALID',
      'A claim of a user needs to know who it is, and where the organization is named. Pass { user, organization }.',
    )
  }
  return async (request) => {
    const userId = await user(request)
    if (typeof userId !== 'string' || userId === '') return undefined
    return { userId, organization: organizationOf(request, organization) }
  }
}
