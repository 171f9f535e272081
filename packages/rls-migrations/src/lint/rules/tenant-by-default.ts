import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { quoteIdentifier } from '../../sql/identifier.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

/** In expand the default falls back on purpose, for code that knows no organization yet. */
export const tenantByDefault: CatalogRule = {
  name: 'tenant-by-default',
  promise: 'the default of the tenant column is the context of the statement, and nothing else',
  risk: 'What writes past the policies without a context, a job or an owner, puts its rows into that organization.',
  remedy: 'Let the default be the accessor, or let there be none.',
  severity: 'error',
  since: 'contract',
  query: (context) => ({
    text: `
      select ${displayedRelation} as "table", format('default of column %s on %s', a.attname, ${displayedRelation}) as object,
             format('a row without an organization gets %s', pg_get_expr(d.adbin, d.adrelid)) as detail,
             array[case when to_regprocedure($2) is null then format('alter table %s alter column %I drop default', c.oid::regclass, a.attname)
               else format('alter table %s alter column %I set default %s', c.oid::regclass, a.attname, $2::text) end] as fix
      from ${walledIn('$1')} w join pg_class c on c.oid = w.oid join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum = w.tenant
      join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where w.class <> 'root' and a.attgenerated = '' and pg_get_expr(d.adbin, d.adrelid) ~* '^(?!NULL)[^(]*$|coalesce'`,
    values: [walledTables(context, 'tenant'), `${quoteIdentifier(context.settings.controlSchema)}.current_tenant_id()`],
  }),
}
