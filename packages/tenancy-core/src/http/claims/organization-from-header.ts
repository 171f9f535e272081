import type { OrganizationReader } from '../request-claim.ts'
import { singleHeader } from './claim-request.ts'
import type { ClaimRequest } from './claim-request.ts'

/**
 * The organization that a header names, by its slug or its id. A header that is there and empty names one that nobody has.
 *
 * @param name - @defaultValue `'x-organization'`
 *
 * @throws {TenancyError} the reader: `CLAIM_AMBIGUOUS` when the header was sent more than once.
 *
 * @example
 * ```ts
 * const organization = organizationFromHeader('x-organization')
 * organization(request) // 'acme'
 * ```
 */
export function organizationFromHeader(name = 'x-organization'): OrganizationReader<ClaimRequest> {
  const lowerCase = name.toLowerCase()
  return (request) => singleHeader(request, lowerCase)
}
