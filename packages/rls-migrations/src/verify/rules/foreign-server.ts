import type { CatalogRule } from '../catalog-rule.ts'

/** Through a foreign server with a user mapping the application is somebody else, in this database or in another one. */
export const foreignServer: CatalogRule = {
  name: 'foreign-server',
  promise: 'the application acts as nobody else through a foreign server',
  query: ({ boundRoles }) => ({
    text: `
      select r.rolname::text as "table", format('%s may use the foreign server %s, which logs in for it', r.rolname, s.srvname) as detail
      from pg_foreign_server s join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where has_server_privilege(r.oid, s.oid, 'usage')
        and exists (select from pg_user_mappings u where u.srvid = s.oid and (u.umuser = 0 or pg_has_role(r.oid, u.umuser, 'usage')))`,
    values: [boundRoles],
  }),
}
