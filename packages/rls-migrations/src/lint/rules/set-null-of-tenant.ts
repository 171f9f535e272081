import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { foreignKeyDefinition } from '../foreign-key-definition.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

export const setNullOfTenant: CatalogRule = {
  name: 'set-null-of-tenant',
  promise: 'the delete of a parent takes no row from its organization',
  risk: 'SET NULL of a compound key sets the tenant to null as well: the delete fails, or the row belongs to nobody.',
  remedy: 'Name the columns: ON DELETE SET NULL (reference), from PostgreSQL 15 on; before, a trigger does it.',
  severity: 'warning',
  query: (context) => ({
    text: `
      with walled as (select * from ${walledIn('$1')} w)
      select ${displayedRelation} as "table", format('foreign key %s on %s', k.conname, ${displayedRelation}) as object,
             format('a delete in %s changes %s', k.confrelid::regclass, ta.attname) as detail,
             case when current_setting('server_version_num')::int < 150000 then '{}' else array[
               format('alter table %s drop constraint %I', c.oid::regclass, k.conname),
               ${foreignKeyDefinition({ child: 'ta.attname', parent: 'pa.attname' })}] end as fix
      from pg_constraint k join walled w on w.oid = k.conrelid join walled p on p.oid = k.confrelid
      join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute ta on ta.attrelid = c.oid and ta.attnum = w.tenant
      join pg_attribute pa on pa.attrelid = k.confrelid and pa.attnum = p.tenant
      where k.contype = 'f' and k.conparentid = 0 and w.tenant = any (k.conkey) and cardinality(k.conkey) > 1 and k.confdeltype in ('n', 'd')
        and coalesce(to_jsonb(k) -> 'confdelsetcols', 'null') in ('null'::jsonb, '[]'::jsonb)`,
    values: [walledTables(context, 'tenant')],
  }),
}
