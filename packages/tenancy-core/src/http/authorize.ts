import type { Directory } from '../directory.ts'
import type { TenantScope } from '../scope.ts'
import { findCaller } from './find-caller.ts'
import type { RequestClaim } from './request-claim.ts'

/**
 * Turns a claim into a scope, by asking the directory. Asked at every request: a member who was suspended a moment ago is
 * refused. An unknown organization and one that the user is not in get the same answer, so that nobody can find out which
 * organizations exist.
 *
 * @throws {TenancyError} `UNAUTHENTICATED` when the claim names nobody, or a key that is not usable.
 * @throws {TenancyError} `ORGANIZATION_REQUIRED` when it names no organization.
 * @throws {TenancyError} `ORGANIZATION_NOT_FOUND` when the caller is not in such an organization.
 * @throws {TenancyError} `ORGANIZATION_SUSPENDED` when the organization is suspended or deleted.
 * @throws {TenancyError} `MEMBERSHIP_SUSPENDED` when the membership is suspended or pending.
 * @throws {TenancyError} `CLAIM_AMBIGUOUS` when it names several callers or organizations.
 * @throws {TenancyError} `CONFIGURATION_INVALID` when the directory does not know claims of its kind.
 *
 * @example
 * ```ts
 * const claim = { userId: await userOf(request), organization: request.headers['x-organization'] }
 * const scope = await authorize(directory, claim)
 * const reply = await tenancy.run(scope, () => handle(request)) // 'answered req-1'
 * ```
 */
export async function authorize(directory: Directory, claim: RequestClaim | undefined): Promise<TenantScope> {
  const { organizationId, actor } = await findCaller(directory, claim)
  return { organizationId, actor }
}
