import type { CatalogRule } from '../../verify/catalog-rule.ts'

export const bypassrlsLogin: CatalogRule = {
  name: 'bypassrls-login',
  promise: 'every login that no policy binds is known',
  risk: 'A service that is given this login by mistake works, and shows every organization to everybody.',
  remedy: 'Keep it for backups and replication; else take BYPASSRLS from it.',
  severity: 'info',
  since: 'install',
  query: ({ boundRoles }) => ({
    text: `
      select r.rolname::text as "table", format('role %s', r.rolname) as object, 'it may log in and is BYPASSRLS' as detail,
             array[format('alter role %I nobypassrls', r.rolname)] as fix
      from pg_roles r where r.rolbypassrls and r.rolcanlogin and not r.rolsuper and r.rolname <> all($1)`,
    values: [boundRoles],
  }),
}
