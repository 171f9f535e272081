import { displayedRelation, planTables, tablesIn, type CatalogRule } from '../catalog-rule.ts'
import { hasReached } from '../../plan/step.ts'

export const foreignPolicy: CatalogRule = {
  name: 'foreign-policy',
  promise: 'no policy lets a role of the host at tenant rows',
  risk: 'Permissive policies add up: the other role, or everybody, reads the rows of every organization.',
  remedy: 'Drop the policy, or make it a policy of the operator role.',
  severity: 'error',
  query: ({ handBuilt = false, phase, plan, settings }) => ({
    text: `
      select ${displayedRelation} as "table",
             format('the policy %s lets %s in', p.polname, string_agg(coalesce(r.rolname::text, 'PUBLIC'), ', ' order by r.rolname)) as detail,
             format('policy %s on %s', p.polname, ${displayedRelation}) as object,
             array[format('drop policy %I on %s', p.polname, c.oid::regclass)] as fix
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
      cross join unnest(p.polroles) as grantee(oid) left join pg_roles r on r.oid = grantee.oid
      where $4 and p.polpermissive
        and (c.oid in ${tablesIn('$1')} and coalesce(r.rolname, '') <> all($2) and not (p.polname = 'legacy_access' and $3)
          -- Its own policies are two; another one of the application's would be added to them.
          or n.nspname = $5 and (coalesce(r.rolname, '') <> all($2) or p.polname not in ('tenant_access', 'operator_access')))
      group by n.nspname, c.relname, c.oid, p.polname`,
    values: [
      planTables(plan, 'tenant', 'user'),
      [settings.roles.app, settings.roles.operator],
      !hasReached(phase, 'contract'),
      !handBuilt,
      settings.controlSchema,
    ],
  }),
}
