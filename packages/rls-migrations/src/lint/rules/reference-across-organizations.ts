import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { foreignKeyDefinition } from '../foreign-key-definition.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

export const referenceAcrossOrganizations: CatalogRule = {
  name: 'reference-across-organizations',
  promise: 'a row refers to rows of its own organization alone',
  risk: 'A foreign key asks no policy: it tells which rows of others exist, hangs rows on them, and a delete of theirs takes rows of others along.',
  remedy: 'Make the key (tenant column, reference) to (tenant column, key) of the other table.',
  severity: 'error',
  since: 'contract',
  query: (context) => ({
    text: `
      with walled as (select * from ${walledIn('$1')} w)
      select ${displayedRelation} as "table", format('foreign key %s on %s', k.conname, ${displayedRelation}) as object,
             format('it leads to %s without the organization', k.confrelid::regclass) as detail,
             case when ta.attname is null or pa.attname is null then '{}' else array[
               format('alter table %s drop constraint %I', c.oid::regclass, k.conname),
               ${foreignKeyDefinition({ child: 'ta.attname', parent: 'pa.attname' })}] end as fix
      from pg_constraint k join walled w on w.oid = k.conrelid join walled p on p.oid = k.confrelid
      join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
      left join pg_attribute ta on ta.attrelid = c.oid and ta.attnum = w.tenant
      left join pg_attribute pa on pa.attrelid = k.confrelid and pa.attnum = p.tenant
      where k.contype = 'f' and k.conparentid = 0 and p.class <> 'root' and w.tenant is not null and p.tenant is not null
        and not exists (select from unnest(k.conkey, k.confkey) pair(own, other) where pair.own = w.tenant and pair.other = p.tenant)`,
    values: [walledTables(context, 'tenant')],
  }),
}
