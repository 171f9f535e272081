import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { isHostSchema, ofExtension } from '../walled-tables.ts'

export const noPrimaryKey: CatalogRule = {
  name: 'no-primary-key',
  promise: 'every table has a primary key',
  risk: 'No row can be named: not in a proof, not in a report of what crossed, not by replication.',
  remedy: 'Give the table one.',
  severity: 'info',
  since: 'install',
  query: ({ settings }) => ({
    text: `
      select ${displayedRelation} as "table", format('table %s', ${displayedRelation}) as object, 'it has no primary key' as detail
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't' and ${isHostSchema('$1')} and not ${ofExtension('pg_class', 'c.oid')}
        and not exists (select from pg_index x where x.indrelid = c.oid and x.indisprimary)`,
    values: [settings.controlSchema],
  }),
}
