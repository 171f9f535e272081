import type { Catalog, Grant } from '../catalog/catalog.ts'
import type { PlanContext } from './plan-context.ts'
import type { PlanSettings } from './plan.ts'

/**
 * The roles that use the database today, and so use what PUBLIC may use: they keep it when PUBLIC loses it. Those that
 * hold the privilege in their own name already need nothing, and nothing must be taken from them on the way back.
 */
export function heirsOfPublic(
  context: PlanContext,
  object: { readonly owner: string; readonly grants: readonly Grant[] },
  privilege?: string,
): readonly string[] {
  const holds = (role: string): boolean =>
    privilege !== undefined &&
    object.grants.some((grant) => grant.role === role && grant.privileges.includes(privilege))
  return context.usingRoles.filter((role) => role !== object.owner && !holds(role))
}

/** The roles that own something of the host's or hold a privilege on it, those that need none aside. */
export function rolesInUse(catalog: Catalog, settings: PlanSettings): readonly string[] {
  const ours = new Set<string>(Object.values(settings.roles))
  const { tables, views, functions, schemas } = catalog
  const roles = [...tables, ...views, ...functions, ...schemas].flatMap((one) => [
    one.owner,
    ...one.grants.map((grant) => grant.role),
    ...('columnGrants' in one ? one.columnGrants.map((grant) => grant.role) : []),
  ])
  return [...new Set(roles)]
    .filter((role) => role !== 'public' && !ours.has(role) && !role.startsWith('pg_'))
    .filter((role) => !catalog.superusers.includes(role))
    .toSorted()
}
