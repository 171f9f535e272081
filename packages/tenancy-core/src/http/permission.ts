import type { Membership } from '../directory.ts'
import { TenancyError } from '../tenancy-error.ts'

/** What a route asks for: `resource:action`, as in `repositories:read`. */
export type Permission = `${string}:${string}`

/** Of a directory that tells no permissions: those of the four roles that every organization has. */
const permissionsOfRole: ReadonlyMap<string, readonly string[]> = new Map([
  ['owner', ['*:*']],
  ['admin', ['*:*', '!organization:delete', '!organization:transfer', '!subscription:*', '*:read']],
  [
    'member',
    [
      '*:*',
      ...['organization', 'members', 'invitations', 'domains', 'api-keys', 'settings', 'subscription'].map(
        (resource) => `!${resource}:*`,
      ),
      '*:read',
    ],
  ],
  ['viewer', ['*:read']],
])

/**
 * Whether rules include a permission. A rule is `resource:action`, with `*` for any of them and a leading `!` for not;
 * the last rule that matches decides, and without one the answer is no.
 *
 * @example
 * ```ts
 * permits(['*:*', '!members:*', '*:read'], 'members:remove') // false
 * ```
 */
export function permits(rules: readonly string[], permission: string): boolean {
  const [resource = '', action = '', ...more] = permission.split(':')
  if (resource === '' || action === '' || more.length > 0) return false
  const rule = rules.findLast((one) => {
    const [of, what] = one.replace(/^!/, '').split(':')
    return (of === '*' || of === resource) && (what === '*' || what === action)
  })
  return rule !== undefined && !rule.startsWith('!')
}

/**
 * Passes when the role of the member includes the permission, by the rules that the directory tells of it. A role that is
 * not known includes nothing.
 *
 * @throws {TenancyError} `PERMISSION_DENIED` otherwise.
 *
 * @example
 * ```ts
 * assertPermission(membership, 'repositories:write')
 * assertPermission({ role: 'viewer' }, 'repositories:write') // TenancyError PERMISSION_DENIED
 * ```
 */
export function assertPermission(member: Pick<Membership, 'role' | 'permissions'>, permission: Permission): void {
  const { role, permissions = permissionsOfRole.get(role) ?? [] } = member
  if (permits(permissions, permission)) return
  throw new TenancyError(
    'PERMISSION_DENIED',
    `The role "${role}" does not include the permission "${permission}". Ask an owner of the organization.`,
    { details: { role, permission } },
  )
}
