import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

export const definerTrigger: CatalogRule = {
  name: 'definer-trigger',
  promise: 'no trigger of a table of organizations runs as somebody else',
  risk: 'What the function reads it reads past the policies, and what it writes may be seen by others: a copy, an audit table, a count.',
  remedy: 'Let the function run as whoever writes; or see that it touches rows of the organization of its row alone.',
  severity: 'info',
  query: (context) => ({
    text: `
      select ${displayedRelation} as "table", format('trigger %s on %s', t.tgname, ${displayedRelation}) as object,
             format('%s runs as %s', p.oid::regprocedure, pg_get_userbyid(p.proowner)) as detail,
             array[format('alter function %s security invoker', p.oid::regprocedure)] as fix
      from ${walledIn('$1')} w join pg_class c on c.oid = w.oid join pg_namespace n on n.oid = c.relnamespace
      join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled <> 'D' join pg_proc p on p.oid = t.tgfoid
      where p.prosecdef and p.pronamespace <> coalesce(to_regnamespace(quote_ident($2)), 0)`,
    values: [walledTables(context, 'tenant', 'user'), context.settings.controlSchema],
  }),
}
