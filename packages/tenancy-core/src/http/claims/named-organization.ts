import { TenancyError } from '../../tenancy-error.ts'
import type { OrganizationReader } from '../request-claim.ts'

/** One place or several where a request may name its organization. */
export type OrganizationPlaces<Request> = OrganizationReader<Request> | readonly OrganizationReader<Request>[]

/**
 * The one organization that the places name.
 *
 * @throws {TenancyError} `CLAIM_AMBIGUOUS` when two of them name different ones: whoever guesses reads the wrong rows.
 */
export function organizationOf<Request>(request: Request, places: OrganizationPlaces<Request>): string | undefined {
  let named: string | undefined
  for (const read of typeof places === 'function' ? [places] : places) {
    const one = read(request)
    if (one === undefined || one === named) continue
    if (named !== undefined) {
      throw new TenancyError('CLAIM_AMBIGUOUS', 'The request names two organizations. Name one, in one place.')
    }
    named = one
  }
  return named
}
