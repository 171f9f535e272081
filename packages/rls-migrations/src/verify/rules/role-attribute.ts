import type { CatalogRule } from '../catalog-rule.ts'

export const roleAttribute: CatalogRule = {
  name: 'role-attribute',
  promise: 'no role of the application has an attribute that reaches around the policies',
  query: ({ boundRoles }) => ({
    text: `
      select r.rolname::text as "table",
             format('%s is %s: no policy holds it', r.rolname, concat_ws(', ',
               case when r.rolsuper then 'a superuser' end, case when r.rolbypassrls then 'BYPASSRLS' end,
               case when r.rolcreaterole then 'CREATEROLE' end, case when r.rolreplication then 'REPLICATION' end)) as detail
      from pg_roles r where r.rolname = any($1) and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolreplication)`,
    values: [boundRoles],
  }),
}
