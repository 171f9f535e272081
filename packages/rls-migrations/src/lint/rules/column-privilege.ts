import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

export const columnPrivilege: CatalogRule = {
  name: 'column-privilege',
  promise: 'privileges are held on whole tables, where they are looked for',
  risk: 'A privilege on a column is in none of the usual lists, and stays when that on the table is left out of a GRANT.',
  remedy: 'Revoke it, when nobody needs it; REVOKE on the table takes those on its columns along.',
  severity: 'info',
  query: (context) => ({
    text: `
      select ${displayedRelation} as "table", format('column %s on %s for %s', a.attname, ${displayedRelation}, coalesce(r.rolname, 'PUBLIC')) as object,
             format('%s holds %s on the column %s', coalesce(r.rolname, 'PUBLIC'), string_agg(g.privilege_type, ', ' order by g.privilege_type), a.attname) as detail,
             array[format('revoke %s (%I) on %s from %s', string_agg(g.privilege_type, format(' (%I), ', a.attname) order by g.privilege_type), a.attname, c.oid::regclass, coalesce(quote_ident(r.rolname), 'public'))] as fix
      from ${walledIn('$1')} w join pg_class c on c.oid = w.oid join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attacl is not null and not a.attisdropped
      cross join aclexplode(a.attacl) g left join pg_roles r on r.oid = g.grantee
      where g.grantee <> c.relowner and coalesce(r.rolname, '') <> all ($2)
      group by n.nspname, c.relname, c.oid, a.attname, r.rolname`,
    values: [walledTables(context, 'tenant', 'user'), [context.settings.roles.app, context.settings.roles.operator]],
  }),
}
