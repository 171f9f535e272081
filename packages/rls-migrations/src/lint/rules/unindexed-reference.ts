import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { isHostSchema } from '../walled-tables.ts'

export const unindexedReference: CatalogRule = {
  name: 'unindexed-reference',
  promise: 'an index of the referencing table begins with the columns of each foreign key',
  risk: 'Every delete of a parent reads the whole table below, of all organizations, and holds locks meanwhile.',
  remedy: 'Build an index over the columns of the key.',
  severity: 'info',
  since: 'install',
  query: ({ settings }) => ({
    text: `
      select ${displayedRelation} as "table", format('foreign key %s on %s', k.conname, ${displayedRelation}) as object,
             format('no index begins with (%s)', own.columns) as detail,
             array[format('create index %son %s (%s)', case when c.relkind = 'r' then 'concurrently ' else '' end, c.oid::regclass, own.columns)] as fix
      from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
      cross join lateral (select string_agg(quote_ident(a.attname), ', ' order by u.at) as columns from unnest(k.conkey) with ordinality u(number, at) join pg_attribute a on a.attrelid = c.oid and a.attnum = u.number) own
      where k.contype = 'f' and k.conparentid = 0 and ${isHostSchema('$1')}
        and not exists (
          select from pg_index x where x.indrelid = c.oid and x.indisvalid
            and (x.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey and (x.indkey::int2[])[0:cardinality(k.conkey) - 1] <@ k.conkey)`,
    values: [settings.controlSchema],
  }),
}
