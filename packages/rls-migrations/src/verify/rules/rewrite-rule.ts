import { displayedRelation, type CatalogRule } from '../catalog-rule.ts'

/**
 * The actions of a rewrite rule run with the rights of the relation's owner, security_invoker or not. Under FORCE they
 * see no rows, but whoever takes FORCE off opens them all. The actions of foreign keys set rules off as well. DO INSTEAD
 * NOTHING does nothing.
 */
export const rewriteRule: CatalogRule = {
  name: 'rewrite-rule',
  promise: 'the application sets off no rule that runs as the owner of a relation',
  risk: 'The actions of a rule run with the rights of the owner of the relation, security_invoker or not.',
  remedy: 'Drop the rule; a trigger function runs as whoever writes.',
  severity: 'error',
  query: ({ boundRoles, settings }) => ({
    text: `
      select ${displayedRelation} as "table",
             format('%s sets off the rule %s on %s, which runs with the rights of %s', r.rolname, w.rulename, e.event, pg_get_userbyid(c.relowner)) as detail,
             format('rule %s on %s for %s', w.rulename, ${displayedRelation}, r.rolname) as object,
             array[format('drop rule %I on %s', w.rulename, c.oid::regclass)] as fix
      from pg_rewrite w join pg_class c on c.oid = w.ev_class join pg_namespace n on n.oid = c.relnamespace
      cross join lateral (select case w.ev_type when '2' then 'UPDATE' when '3' then 'INSERT' else 'DELETE' end as event) e
      join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where w.ev_type <> '1' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
        and not (w.is_instead and w.ev_qual = '<>' and pg_get_ruledef(w.oid) ~ ' DO INSTEAD NOTHING;$')
        and (r.rolname = $2 or not has_table_privilege($2, c.oid, e.event))
        and (
          has_schema_privilege(r.oid, n.oid, 'usage')
            and case e.event when 'DELETE' then has_table_privilege(r.oid, c.oid, 'DELETE') else has_any_column_privilege(r.oid, c.oid, e.event) end
          or exists (
            select from pg_constraint k
            where k.contype = 'f' and k.conrelid = c.oid
              and (has_table_privilege(r.oid, k.confrelid, 'DELETE') and (e.event = 'DELETE' and k.confdeltype = 'c' or e.event = 'UPDATE' and k.confdeltype in ('n', 'd'))
                   or has_any_column_privilege(r.oid, k.confrelid, 'UPDATE') and e.event = 'UPDATE' and k.confupdtype in ('c', 'n', 'd')))
        )`,
    values: [boundRoles, settings.roles.app],
  }),
}
