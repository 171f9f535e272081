import { heldThrough, planTables, statements, tablesIn, type CatalogRule } from '../catalog-rule.ts'

/** Who may create objects where others look for theirs can put a function in the way of one that an owner calls. */
export const schemaCreate: CatalogRule = {
  name: 'schema-create',
  promise: 'the application creates nothing in the schemas of the conversion',
  risk: 'A function of its own in front of one that an owner calls runs with the rights of the owner.',
  remedy: 'Revoke CREATE on the schema.',
  severity: 'error',
  query: ({ boundRoles, plan, settings }) => ({
    text: `
      select r.rolname::text as "table",
             format('%s may create objects in the schema %s%s', r.rolname, n.nspname,
               case when exists (select from aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g where g.grantee = 0 and g.privilege_type = 'CREATE')
                 then format(', as everybody may: revoke create on schema %I from public', n.nspname) else '' end) as detail,
             format('schema %s for %s', n.nspname, r.rolname) as object,
             ${statements(`format('revoke create on schema %I from ', n.nspname) || ${heldThrough("select a.grantee, a.privilege_type from aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a", "array['CREATE']", settings)}`)} as fix
      from pg_namespace n join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where (n.oid in (select c.relnamespace from pg_class c where c.oid in ${tablesIn('$2')}) or n.nspname = $3)
        and has_schema_privilege(r.oid, n.oid, 'create')
        and (r.rolname = $4 or not has_schema_privilege($4, n.oid, 'create'))`,
    values: [boundRoles, planTables(plan, 'tenant', 'user', 'shared'), settings.controlSchema, settings.roles.app],
  }),
}
