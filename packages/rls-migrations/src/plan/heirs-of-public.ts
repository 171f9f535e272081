import type { Grant } from '../catalog/catalog.ts'
import type { PlanContext } from './plan-context.ts'

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
  const ours = new Set<string>(Object.values(context.settings.roles))
  const { tables, views, functions, schemas } = context.catalog
  const roles = [...tables, ...views, ...functions, ...schemas].flatMap((one) => [
    one.owner,
    ...one.grants.map((grant) => grant.role),
    ...('columnGrants' in one ? one.columnGrants.map((grant) => grant.role) : []),
  ])
  return [...new Set(roles)]
    .filter((role) => role !== 'public' && role !== object.owner && !ours.has(role) && !role.startsWith('pg_'))
    .filter((role) => !context.catalog.superusers.includes(role) && !holds(role))
    .toSorted()
}
