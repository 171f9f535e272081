import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

export const grantOption: CatalogRule = {
  name: 'grant-option',
  promise: 'the application hands out no privileges',
  risk: 'Whoever injects SQL gives the privilege to any other role, and it stays when the hole is closed.',
  remedy: 'Revoke the grant option.',
  severity: 'warning',
  query: (context) => ({
    text: `
      select ${displayedRelation} as "table", format('grant option of %s on %s', r.rolname, ${displayedRelation}) as object,
             format('%s may grant %s on it', r.rolname, string_agg(distinct g.privilege_type, ', ')) as detail,
             array[format('revoke grant option for %s on %s from %I cascade', string_agg(distinct g.privilege_type, ', '), c.oid::regclass, r.rolname)] as fix
      from ${walledIn('$1')} w join pg_class c on c.oid = w.oid join pg_namespace n on n.oid = c.relnamespace
      cross join aclexplode(c.relacl) g join pg_roles r on r.oid = g.grantee and r.rolname = any($2)
      where g.is_grantable and g.grantee <> c.relowner
      group by n.nspname, c.relname, c.oid, r.rolname`,
    values: [walledTables(context, 'tenant', 'user'), context.boundRoles],
  }),
}
