import { heldThrough, statements, type CatalogRule } from '../catalog-rule.ts'

/** Through a foreign server with a user mapping the application is somebody else, in this database or in another one. */
export const foreignServer: CatalogRule = {
  name: 'foreign-server',
  promise: 'the application acts as nobody else through a foreign server',
  risk: 'Through the server the application is whoever the user mapping says, and what is there knows no organization.',
  remedy: 'Revoke USAGE on the server, or drop the user mapping.',
  severity: 'error',
  query: ({ boundRoles, settings }) => ({
    text: `
      select r.rolname::text as "table", format('%s may use the foreign server %s, which logs in for it', r.rolname, s.srvname) as detail,
             format('foreign server %s for %s', s.srvname, r.rolname) as object,
             ${statements(`format('revoke usage on foreign server %I from ', s.srvname) || ${heldThrough('select a.grantee, a.privilege_type from aclexplode(s.srvacl) a', "array['USAGE']", settings)}`)} as fix
      from pg_foreign_server s join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where has_server_privilege(r.oid, s.oid, 'usage')
        and exists (select from pg_user_mappings u where u.srvid = s.oid and (u.umuser = 0 or pg_has_role(r.oid, u.umuser, 'usage')))`,
    values: [boundRoles],
  }),
}
