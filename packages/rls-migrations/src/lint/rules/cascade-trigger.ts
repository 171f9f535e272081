import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

/** The server sets such a trigger off as the owner, and asks no policy, not even under FORCE. */
export const cascadeTrigger: CatalogRule = {
  name: 'cascade-trigger',
  promise: 'no trigger of the host runs as the owner because a foreign key cascades',
  risk: 'What the trigger reads and writes when a parent is deleted, it reads and writes without a policy.',
  remedy: 'See that the function touches rows of the organization of its row alone: it has OLD.',
  severity: 'info',
  query: (context) => ({
    text: `
      with walled as (select * from ${walledIn('$1')} w)
      select ${displayedRelation} as "table", format('trigger %s on %s', t.tgname, ${displayedRelation}) as object,
             format('%s cascades into it, and %s runs before', string_agg(distinct k.conname, ', '), t.tgfoid::regprocedure) as detail
      from pg_trigger t join walled w on w.oid = t.tgrelid join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
      join pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and k.confrelid in (select oid from walled)
        and (k.confdeltype = 'c' and t.tgtype & 8 = 8 or (k.confdeltype in ('n', 'd') or k.confupdtype in ('c', 'n', 'd')) and t.tgtype & 16 = 16)
      where not t.tgisinternal and t.tgtype & 2 = 2 and t.tgenabled <> 'D'
      group by n.nspname, c.relname, c.oid, t.tgname, t.tgfoid`,
    values: [walledTables(context, 'tenant')],
  }),
}
