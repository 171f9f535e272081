import type { CatalogRule } from '../catalog-rule.ts'

/** The policies of people trust the memberships, and the tool trusts its journal: neither is for the application. */
export const controlPlane: CatalogRule = {
  name: 'control-plane',
  promise: 'the application changes nothing in the control plane',
  query: ({ boundRoles, settings }) => ({
    text: `
      select r.rolname::text as "table", format('%s holds %s on %s', r.rolname, string_agg(p.privilege, ', ' order by p.privilege), c.oid::regclass) as detail
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.rolname = any($1) and not r.rolsuper
      cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) p(privilege)
      where n.nspname = $2 and c.relname in ('organizations', 'memberships', 'conversion', 'journal')
        and (p.privilege <> 'SELECT' or c.relname in ('conversion', 'journal'))
        and (has_table_privilege(r.oid, c.oid, p.privilege)
             or case when p.privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') then has_any_column_privilege(r.oid, c.oid, p.privilege) else false end)
        and (r.rolname = $3 or not has_table_privilege($3, c.oid, p.privilege))
      group by r.rolname, c.oid
      union all
      select r.rolname, format('%s owns %s', r.rolname, p.oid::regprocedure)
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles r on r.oid = p.proowner and r.rolname = any($1)
      where n.nspname = $2`,
    values: [boundRoles, settings.controlSchema, settings.roles.app],
  }),
}
