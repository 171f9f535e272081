import type { Grant } from '../catalog/catalog.ts'
import type { PlanContext } from './plan-context.ts'

/** The roles that use the database today, and so use what PUBLIC may use: they keep it when PUBLIC loses it. */
export function heirsOfPublic(
  context: PlanContext,
  object: { readonly owner: string; readonly grants: readonly Grant[] },
): readonly string[] {
  const ours = new Set<string>(Object.values(context.settings.roles))
  const named = new Set(object.grants.map((grant) => grant.role))
  const roles = context.catalog.tables.flatMap((table) => [table.owner, ...table.grants.map((grant) => grant.role)])
  return [...new Set(roles)]
    .filter((role) => role !== 'public' && role !== object.owner && !ours.has(role) && !named.has(role))
    .toSorted()
}
