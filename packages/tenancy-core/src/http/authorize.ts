import type { Directory, Membership } from '../directory.ts'
import type { TenantScope } from '../scope.ts'
import { TenancyError } from '../tenancy-error.ts'

/** What a request says of itself, from a verified source. It authorizes nothing. */
export interface Claim {
  /** The user, by the id in the host's own table. */
  readonly userId?: string | undefined
  /** The organization the request is about: its slug or its id. */
  readonly organization?: string | undefined
}

/**
 * Turns a claim into a scope, by asking the directory. Asked at every request: a member who was suspended a moment ago is
 * refused. An unknown organization and one that the user is not in get the same answer, so that nobody can find out which
 * organizations exist.
 *
 * @throws {TenancyError} `UNAUTHENTICATED` when the claim names no user.
 * @throws {TenancyError} `ORGANIZATION_REQUIRED` when it names no organization.
 * @throws {TenancyError} `ORGANIZATION_NOT_FOUND` when the user is not in such an organization.
 * @throws {TenancyError} `ORGANIZATION_SUSPENDED` when the organization is suspended or deleted.
 * @throws {TenancyError} `MEMBERSHIP_SUSPENDED` when the membership is suspended or pending.
 *
 * @example
 * ```ts
 * const scope = await authorize(directory, { userId: session.userId, organization: request.headers['x-organization'] })
 * const reply = await tenancy.run(scope, () => handle(request))
 * ```
 */
export async function authorize(directory: Directory, claim: Claim): Promise<TenantScope> {
  const { userId, organization } = claim
  if (typeof userId !== 'string' || userId === '') {
    throw new TenancyError('UNAUTHENTICATED', 'The request names no user. Authenticate, then ask again.')
  }
  if (organization === undefined || organization === '') throw organizationRequired()
  const membership = isLookupText(organization) ? await directory.findMembership({ organization, userId }) : undefined
  if (membership === undefined) throw notFound()
  assertActive(membership)
  return { organizationId: membership.organizationId, actor: { type: 'user', id: userId } }
}

/** Longer than any slug and any key: nothing to ask the database about. */
const maxNameLength = 200

function organizationRequired(): TenancyError {
  return new TenancyError(
    'ORGANIZATION_REQUIRED',
    'The request does not say which organization it is about. Name one that you are a member of.',
  )
}

/** PostgreSQL raises for a NUL in a text, which would tell such a name from one that does not exist. */
function isLookupText(organization: string): boolean {
  return organization.length <= maxNameLength && !organization.includes('\0')
}

function notFound(): TenancyError {
  return new TenancyError(
    'ORGANIZATION_NOT_FOUND',
    'There is no such organization, or you are not a member of it. Check its name, or ask its owner for an invitation.',
  )
}

function assertActive({ organizationId, slug, organizationStatus, membershipStatus }: Membership): void {
  if (organizationStatus !== 'active') {
    throw new TenancyError(
      'ORGANIZATION_SUSPENDED',
      `The organization "${slug}" is ${organizationStatus}. Ask its owner or support.`,
      { details: { organizationId, status: organizationStatus } },
    )
  }
  if (membershipStatus === 'active') return
  throw new TenancyError(
    'MEMBERSHIP_SUSPENDED',
    `The membership in "${slug}" is ${membershipStatus}. Ask an owner of the organization.`,
    { details: { organizationId, status: membershipStatus } },
  )
}
