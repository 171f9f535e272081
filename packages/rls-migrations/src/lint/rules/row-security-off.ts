import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

/** A table below another one that nobody reaches by its own name is behind the policies of the one above. */
export const rowSecurityOff: CatalogRule = {
  name: 'row-security-off',
  promise: 'row-level security is on for every table that has rows of organizations',
  risk: 'Every role that holds privileges on the table reads and writes the rows of all organizations, whatever policies say.',
  remedy: 'Switch it on. Without a policy that lets them in, all roles but the owner see no rows then.',
  severity: 'error',
  query: (context) => ({
    text: `
      select ${displayedRelation} as "table", format('row-level security on %s', ${displayedRelation}) as object,
             'it is off' || coalesce((select format(', and its policies mean nothing: %s', string_agg(p.polname, ', ' order by p.polname)) from pg_policy p where p.polrelid = c.oid having count(*) > 0), '') as detail,
             array[format('alter table %s enable row level security', c.oid::regclass)] as fix,
             case when exists (select from pg_inherits i where i.inhrelid = c.oid) and not exists (
               select from pg_roles r where r.rolname = any($2) and has_schema_privilege(r.oid, n.oid, 'usage')
                 and (has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE') or has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE'))) then 'info' end as severity
      from ${walledIn('$1')} w join pg_class c on c.oid = w.oid join pg_namespace n on n.oid = c.relnamespace
      where not c.relrowsecurity`,
    values: [walledTables(context, 'tenant', 'user'), context.boundRoles],
  }),
}
