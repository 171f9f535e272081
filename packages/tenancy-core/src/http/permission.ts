import { TenancyError } from '../tenancy-error.ts'

/** What a route asks for: `resource:action`, as in `repositories:read`. */
export type Permission = `${string}:${string}`

const fullAccess: ReadonlySet<string> = new Set(['owner', 'admin', 'member'])

/**
 * Passes when the role includes the permission: viewers read (`*:read`), members, admins and owners do everything. A
 * role that is not known includes nothing.
 *
 * @throws {TenancyError} `PERMISSION_DENIED` otherwise.
 *
 * @example
 * ```ts
 * assertPermission(membership.role, 'repositories:write')
 * ```
 */
export function assertPermission(role: string, permission: Permission): void {
  if (fullAccess.has(role)) return
  if (role === 'viewer' && /^[^:]+:read$/.test(permission)) return
  throw new TenancyError(
    'PERMISSION_DENIED',
    `The role "${role}" does not include the permission "${permission}". Ask an owner of the organization.`,
    { details: { role, permission } },
  )
}
