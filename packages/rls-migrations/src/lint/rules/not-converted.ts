import type { CatalogRule } from '../../verify/catalog-rule.ts'
import { isHostSchema, ofExtension } from '../walled-tables.ts'

export const notConverted: CatalogRule = {
  name: 'not-converted',
  promise: 'the database is converted',
  risk: 'All rows belong to one organization: there is nothing to keep apart yet.',
  remedy: 'Try it on a copy: partywall rehearse.',
  severity: 'info',
  since: 'install',
  query: ({ phase, settings }) => ({
    text: `
      select '' as "table", 'database' as object, format('%s tables, of which none has row-level security', count(*)) as detail
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where $1 = 'install' and c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't' and ${isHostSchema('$2')} and not ${ofExtension('pg_class', 'c.oid')}
      having count(*) > 0`,
    values: [phase, settings.controlSchema],
  }),
}
