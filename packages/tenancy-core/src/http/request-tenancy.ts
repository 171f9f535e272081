import type { Caller, Directory } from '../directory.ts'
import { findCaller } from './find-caller.ts'
import { assertPermission } from './permission.ts'
import type { Permission } from './permission.ts'
import type { RequestClaim } from './request-claim.ts'

/** The organization of a request, and what the caller is in it. */
export interface RequestTenancy extends Caller {}

/** What is asked before a handler runs. */
export interface Admission {
  readonly directory: Directory
  /** `undefined` for a request that says nothing of itself. */
  readonly claim: RequestClaim | undefined
  /** What the role must include. @defaultValue nothing */
  readonly permission?: Permission | undefined
}

/**
 * Asks the directory whether whom the claim names may act there, and the role whether it includes the permission. For
 * adapters: one call before every handler.
 *
 * @throws {TenancyError} what `authorize` throws, and `PERMISSION_DENIED`.
 *
 * @example
 * ```ts
 * const caller = await admitRequest({ directory, claim: await claim(request), permission: 'repositories:read' })
 * const reply = await tenancy.run(caller, () => handle(request)) // 'answered req-1'
 * ```
 */
export async function admitRequest({ directory, claim, permission }: Admission): Promise<RequestTenancy> {
  const caller = await findCaller(directory, claim)
  if (permission !== undefined) assertPermission(caller.membership, permission)
  return Object.freeze(caller)
}
