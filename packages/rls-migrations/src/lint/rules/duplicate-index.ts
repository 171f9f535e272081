import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { isHostSchema } from '../walled-tables.ts'

export const duplicateIndex: CatalogRule = {
  name: 'duplicate-index',
  promise: 'no two indexes are the same',
  risk: 'Every write pays twice for one index.',
  remedy: 'Drop the one that holds no key.',
  severity: 'info',
  since: 'install',
  query: ({ settings }) => ({
    text: `
      with indexes as (
        select x.*, exists (select from pg_constraint k where k.conindid = x.indexrelid) or x.indisreplident or exists (select from pg_inherits i where i.inhrelid = x.indexrelid) as is_needed
        from pg_index x where x.indisvalid
      )
      select ${displayedRelation} as "table", format('index %s on %s', ic.relname, ${displayedRelation}) as object,
             format('it is the same as %s', string_agg(oc.relname, ', ' order by oc.relname)) as detail,
             array[format('drop index %s%I.%I', case when ic.relkind = 'i' then 'concurrently ' else '' end, n.nspname, ic.relname)] as fix
      from indexes x join indexes o on o.indrelid = x.indrelid and o.indexrelid <> x.indexrelid
        and o.indkey = x.indkey and o.indclass = x.indclass and o.indcollation = x.indcollation and o.indoption = x.indoption and o.indnkeyatts = x.indnkeyatts
        and o.indexprs::text is not distinct from x.indexprs::text and o.indpred::text is not distinct from x.indpred::text
        and (o.indisunique or not x.indisunique) and (o.is_needed or o.indisunique <> x.indisunique or o.indexrelid < x.indexrelid)
      join pg_class ic on ic.oid = x.indexrelid join pg_class oc on oc.oid = o.indexrelid and oc.relam = ic.relam
      join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace
      where not x.is_needed and ${isHostSchema('$1')}
      group by n.nspname, c.relname, c.oid, ic.relname, ic.relkind`,
    values: [settings.controlSchema],
  }),
}
