import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'

/** Row-level security is a barrier of its own: this is about what such a view hides by its own WHERE. */
export const viewWithoutBarrier: CatalogRule = {
  name: 'view-without-barrier',
  promise: 'a view that runs as its owner and hides rows is a security barrier',
  risk: 'The server may run a function of the caller on rows before the WHERE of the view hides them: its errors tell what is in them.',
  remedy: 'Make the view a security barrier, or security_invoker.',
  severity: 'info',
  query: ({ boundRoles, settings }) => ({
    text: `
      select ${displayedRelation} as "table", format('view %s', ${displayedRelation}) as object, 'it runs as its owner, has a WHERE, and is no security barrier' as detail,
             array[format('alter view %s set (security_barrier = true)', c.oid::regclass)] as fix
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'v' and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', $2)
        and not exists (select from pg_options_to_table(c.reloptions) o where o.option_name in ('security_invoker', 'security_barrier') and o.option_value::boolean)
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        and pg_get_viewdef(c.oid) ~* '\\mwhere\\M'
        and exists (select from pg_roles r where r.rolname = any($1) and not r.rolsuper and has_schema_privilege(r.oid, n.oid, 'usage') and has_any_column_privilege(r.oid, c.oid, 'SELECT'))`,
    values: [boundRoles, settings.controlSchema],
  }),
}
