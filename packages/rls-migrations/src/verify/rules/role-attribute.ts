import type { CatalogRule } from '../catalog-rule.ts'

export const roleAttribute: CatalogRule = {
  name: 'role-attribute',
  promise: 'no role of the application has an attribute that reaches around the policies',
  risk: 'The policies are not asked: every organization is open to whoever has that login.',
  remedy: 'Take the attribute from the role.',
  severity: 'error',
  query: ({ boundRoles }) => ({
    text: `
      select r.rolname::text as "table",
             format('%s is %s: no policy holds it', r.rolname, concat_ws(', ',
               case when r.rolsuper then 'a superuser' end, case when r.rolbypassrls then 'BYPASSRLS' end,
               case when r.rolcreaterole then 'CREATEROLE' end, case when r.rolreplication then 'REPLICATION' end)) as detail,
             format('role %s', r.rolname) as object,
             array[concat_ws(' ', format('alter role %I', r.rolname), case when r.rolsuper then 'nosuperuser' end, case when r.rolbypassrls then 'nobypassrls' end,
               case when r.rolcreaterole then 'nocreaterole' end, case when r.rolreplication then 'noreplication' end)] as fix
      from pg_roles r where r.rolname = any($1) and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolreplication)`,
    values: [boundRoles],
  }),
}
