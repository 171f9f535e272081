import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

export const noTenantIndex: CatalogRule = {
  name: 'no-tenant-index',
  promise: 'an index of every table of organizations begins with the tenant column',
  risk: 'Every statement reads the rows of all organizations to find those of one, and how long that takes tells how many there are.',
  remedy: 'Build one; a compound index that serves queries is as good.',
  severity: 'warning',
  query: (context) => ({
    text: `
      select ${displayedRelation} as "table", format('index of %s on %s', a.attname, ${displayedRelation}) as object,
             format('no index begins with %s', a.attname) as detail,
             array[format('create index %son %s (%I)', case when c.relkind = 'r' then 'concurrently ' else '' end, c.oid::regclass, a.attname)] as fix
      from ${walledIn('$1')} w join pg_class c on c.oid = w.oid join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum = w.tenant
      where not exists (select from pg_index x where x.indrelid = c.oid and x.indisvalid and x.indkey[0] = w.tenant and x.indpred is null)
        and (c.relkind = 'r' or not exists (select from pg_inherits i where i.inhparent = c.oid))`,
    values: [walledTables(context, 'tenant')],
  }),
}
