import type { CatalogRule } from '../../verify/catalog-rule.ts'

/** Roles belong to the server: what a login may do in its other databases, this conversion knows nothing of. */
export const otherDatabase: CatalogRule = {
  name: 'other-database',
  promise: 'a login of the application enters its own database alone',
  risk: 'The login is the same role there, without these policies; what PUBLIC holds there, it holds.',
  remedy: 'Revoke CONNECT from PUBLIC on the other databases, or say in pg_hba.conf which database the login enters.',
  severity: 'info',
  query: ({ boundRoles }) => ({
    text: `
      select r.rolname::text as "table", format('other databases for %s', r.rolname) as object,
             format('%s may connect to %s other databases, such as %s', r.rolname, count(*), min(d.datname)) as detail
      from pg_database d join pg_roles r on r.rolname = any($1) and r.rolcanlogin and not r.rolsuper
      where d.datname <> current_database() and d.datallowconn and has_database_privilege(r.oid, d.oid, 'connect')
      group by r.rolname`,
    values: [boundRoles],
  }),
}
