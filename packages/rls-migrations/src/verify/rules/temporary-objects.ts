import type { CatalogRule } from '../catalog-rule.ts'

/** A temporary table stays on the connection, in front of the real one of its name, for whoever comes next. */
export const temporaryObjects: CatalogRule = {
  name: 'temporary-objects',
  promise: 'the application makes no temporary objects',
  query: ({ boundRoles, settings }) => ({
    text: `
      select r.rolname::text as "table",
             format('%s may make temporary objects, which the next organization on its connection finds: revoke temporary on database %I from %s',
               r.rolname, d.datname, case when exists (select from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) g where g.grantee = 0 and g.privilege_type = 'TEMPORARY') then 'public' else r.rolname end) as detail
      from pg_database d join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where d.datname = current_database() and has_database_privilege(r.oid, d.oid, 'temporary')
        and (r.rolname = $2 or not has_database_privilege($2, d.oid, 'temporary'))`,
    values: [boundRoles, settings.roles.app],
  }),
}
