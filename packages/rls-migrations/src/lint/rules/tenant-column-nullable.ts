import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

export const tenantColumnNullable: CatalogRule = {
  name: 'tenant-column-nullable',
  promise: 'every row has an organization',
  risk: 'A row without one is seen by nobody, and by everybody as soon as a policy has a case for NULL.',
  remedy: 'Give the rows without an organization to one, then forbid NULL.',
  severity: 'warning',
  query: (context) => ({
    text: `
      select ${displayedRelation} as "table", format('column %s on %s', a.attname, ${displayedRelation}) as object,
             format('%s may be null', a.attname) as detail,
             array[format('alter table %s alter column %I set not null', c.oid::regclass, a.attname)] as fix
      from ${walledIn('$1')} w join pg_class c on c.oid = w.oid join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum = w.tenant
      where not a.attnotnull`,
    values: [walledTables(context, 'tenant')],
  }),
}
