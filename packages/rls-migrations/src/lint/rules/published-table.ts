import type { CatalogRule } from '../../verify/catalog-rule.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

export const publishedTable: CatalogRule = {
  name: 'published-table',
  promise: 'the rows of organizations leave the database where that is known',
  risk: 'A subscriber gets the rows of all organizations: replication asks no policy, and what is behind it has none.',
  remedy: 'Protect the other side like this one; a row filter (15 and later) is no policy.',
  severity: 'info',
  query: (context) => ({
    text: `
      select '' as "table", format('publication %s', p.pubname) as object,
             format('%s tables of organizations leave through it, such as %s', count(distinct p.relid), min(p.relid::regclass::text)) as detail
      from (
        select pub.pubname, rel.prrelid as relid from pg_publication pub join pg_publication_rel rel on rel.prpubid = pub.oid
        union all
        select pub.pubname, w.oid from pg_publication pub cross join ${walledIn('$1')} w where pub.puballtables
      ) p join ${walledIn('$1')} w on w.oid = p.relid
      group by p.pubname`,
    values: [walledTables(context, 'tenant', 'user')],
  }),
}
