import type { ClaimReader } from '../request-claim.ts'
import { organizationOf } from './named-organization.ts'
import type { OrganizationPlaces } from './named-organization.ts'
import { bearerTokenOf } from './user-from-bearer.ts'
import type { ClaimRequest } from './claim-request.ts'

/** Options of {@link claimFromApiKey}. */
export interface ApiKeyClaimOptions<Request> {
  /** How the keys begin, which tells them from other bearer tokens. @defaultValue `'pwk_'` */
  readonly prefix?: string | undefined
  /** Where the request may also name the organization, which then has to be that of the key. @defaultValue nowhere */
  readonly organization?: OrganizationPlaces<Request> | undefined
}

/**
 * A program with an API key in `Authorization: Bearer`. The directory is asked for the key at every request. Passes on a
 * request with another bearer token, or none.
 *
 * @throws {TenancyError} the reader: `CLAIM_AMBIGUOUS` when the header was sent twice.
 *
 * @example
 * ```ts
 * const claim = firstClaim(claimFromApiKey(), claimFromUser({ user: userOf, organization: organizationFromHeader() }))
 * await claim(request) // { userId: '1', organization: 'acme' }
 * ```
 */
export function claimFromApiKey<Request extends ClaimRequest = ClaimRequest>(
  options: ApiKeyClaimOptions<Request> = {},
): ClaimReader<Request> {
  const { prefix = 'pwk_', organization = [] } = options
  return (request) => {
    const token = bearerTokenOf(request)
    if (token === undefined || !token.startsWith(prefix)) return undefined
    return { apiKey: `Bearer ${token}`, organization: organizationOf(request, organization) }
  }
}
