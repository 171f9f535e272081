import type { Directory, Membership } from '../directory.ts'
import type { TenantScope } from '../scope.ts'
import { authorize } from './authorize.ts'
import { assertPermission } from './permission.ts'
import type { Permission } from './permission.ts'

/** What a request says of itself. Anything but a text counts as not said. */
export interface RequestClaim {
  /** The user whom the host's own authentication has verified, by the id in its table. */
  readonly userId?: string | null | undefined
  /** The slug or the id of the organization that the request is about: a header, a subdomain, a part of the path. */
  readonly organization?: string | readonly string[] | null | undefined
}

/** The organization of a request, and what the caller is in it. */
export interface RequestTenancy extends TenantScope {
  readonly membership: Membership
}

/** What is asked before a handler runs. */
export interface Admission {
  readonly directory: Directory
  readonly claim: RequestClaim
  /** What the role must include. @defaultValue nothing */
  readonly permission?: Permission | undefined
}

/**
 * Asks the directory whether whom the claim names may act there, and the role whether it includes the permission. For
 * adapters: one call before every handler.
 *
 * @throws {TenancyError} what `authorize` throws, and `PERMISSION_DENIED`.
 */
export async function admitRequest({ directory, claim, permission }: Admission): Promise<RequestTenancy> {
  let found: Membership | undefined
  const asking: Directory = {
    findMembership: async (asked) => (found = await directory.findMembership(asked)),
  }
  const scope = await authorize(asking, { userId: textOf(claim.userId), organization: textOf(claim.organization) })
  // authorize() refuses without one.
  const membership = found as unknown as Membership
  if (permission !== undefined) assertPermission(membership, permission)
  return Object.freeze({ ...scope, membership })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
