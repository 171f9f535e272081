import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

/** Under FORCE an owner that sees no rows finds no row that breaks the key: a validation by it says nothing. */
export const referenceUnproved: CatalogRule = {
  name: 'reference-unproved',
  promise: 'every foreign key between tables of organizations is enforced, and was proved for the rows that were there',
  risk: 'Rows that refer to another organization stand, and new ones may come: the key is not asked.',
  remedy:
    'Validate the key as a role that sees every row, with row_security off; switch its triggers on; look for rows that break it.',
  severity: 'error',
  query: (context) => ({
    text: `
      with walled as (select * from ${walledIn('$1')} w), keys as (
        select k.*, not coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) as is_off,
               exists (select from pg_trigger t where t.tgconstraint = k.oid and t.tgenabled = 'D') as is_disabled
        from pg_constraint k where k.contype = 'f' and k.conrelid in (select oid from walled) and k.confrelid in (select oid from walled)
          -- A key to a partitioned table has a twin for each partition there, which the server keeps for itself.
          and not exists (select from pg_constraint above where above.oid = k.conparentid and above.conrelid = k.conrelid)
      )
      select ${displayedRelation} as "table", format('foreign key %s on %s', k.conname, ${displayedRelation}) as object,
             case when k.is_off then 'it is not enforced' when k.is_disabled then 'its triggers are switched off' else 'it was never validated' end as detail,
             array[case when k.is_off then format('alter table %s alter constraint %I enforced', c.oid::regclass, k.conname)
               when k.is_disabled then format('alter table %s enable trigger all', c.oid::regclass)
               else format('alter table %s validate constraint %I', c.oid::regclass, k.conname) end]
             || case when k.is_disabled then array[format('alter table %s enable trigger all', k.confrelid::regclass)] else '{}' end as fix
      from keys k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
      where k.is_off or k.is_disabled or not k.convalidated`,
    values: [walledTables(context, 'tenant')],
  }),
}
