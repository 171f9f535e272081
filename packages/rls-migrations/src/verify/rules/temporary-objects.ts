import { heldThrough, statements, type CatalogRule } from '../catalog-rule.ts'

/** A temporary table stays on the connection, in front of the real one of its name, for whoever comes next. */
export const temporaryObjects: CatalogRule = {
  name: 'temporary-objects',
  promise: 'the application makes no temporary objects',
  risk: 'A temporary table stays on the pooled connection, in front of the real one, for the next organization.',
  remedy: 'Revoke TEMPORARY on the database.',
  severity: 'error',
  query: ({ boundRoles, settings }) => ({
    text: `
      select r.rolname::text as "table",
             format('%s may make temporary objects, which the next organization on its connection finds: revoke temporary on database %I from %s',
               r.rolname, d.datname, case when exists (select from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) g where g.grantee = 0 and g.privilege_type = 'TEMPORARY') then 'public' else r.rolname end) as detail,
             format('temporary objects of %s', r.rolname) as object,
             ${statements(`format('revoke temporary on database %I from ', d.datname) || ${heldThrough("select a.grantee, a.privilege_type from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a", "array['TEMPORARY']", settings)}`)} as fix
      from pg_database d join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where d.datname = current_database() and has_database_privilege(r.oid, d.oid, 'temporary')
        and (r.rolname = $2 or not has_database_privilege($2, d.oid, 'temporary'))`,
    values: [boundRoles, settings.roles.app],
  }),
}
