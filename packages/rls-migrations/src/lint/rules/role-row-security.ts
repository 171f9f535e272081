import type { CatalogRule } from '../../verify/catalog-rule.ts'

export const roleRowSecurity: CatalogRule = {
  name: 'role-row-security',
  promise: 'the application starts with row_security on',
  risk: 'With row_security off every statement that a policy would narrow fails: the service is down, and the quickest cure is BYPASSRLS.',
  remedy: 'Reset the setting of the role.',
  severity: 'warning',
  query: ({ boundRoles }) => ({
    text: `
      select coalesce(r.rolname::text, '') as "table", format('row_security of %s', coalesce('role ' || r.rolname, 'the database')) as object,
             'it is off from the start of every session' as detail,
             array[case when s.setrole = 0 then format('alter database %I reset row_security', current_database())
               else format('alter role %I%s reset row_security', r.rolname, case when s.setdatabase <> 0 then format(' in database %I', current_database()) end) end] as fix
      from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole
      where s.setdatabase in (0, (select oid from pg_database where datname = current_database())) and (s.setrole = 0 or r.rolname = any($1))
        and exists (select from unnest(s.setconfig) one where one in ('row_security=off', 'row_security=false', 'row_security=0', 'row_security=no'))`,
    values: [boundRoles],
  }),
}
