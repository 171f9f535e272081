import {
  displayedRelation,
  heldThrough,
  planTables,
  relationGrants,
  statements,
  tablesIn,
  type CatalogRule,
} from '../catalog-rule.ts'

/** The first version whose views may run with the rights of whoever reads them. */
const INVOKER_VIEWS = 150000

/**
 * A view reads with the rights of its owner unless it is `security_invoker`; a materialized view holds rows of every
 * organization, whoever owns it. Views upon views are followed down to the tables.
 */
export const viewReach: CatalogRule = {
  name: 'view-reach',
  promise: 'no view shows the application rows of other organizations',
  risk: 'Whoever reads the view reads the rows of every organization.',
  remedy: 'Make the view security_invoker (15 and later) or give it to the definer role; revoke a materialized view.',
  severity: 'error',
  query: ({ boundRoles, plan, serverVersion, settings }) => ({
    text: `
      with recursive reads as (
        select r.ev_class as view, d.refobjid as relation
        from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
        where d.refobjid <> r.ev_class
      ), over_tenants as (
        select view from reads where relation in ${tablesIn('$2')}
           or relation in (select k.oid from pg_class k join pg_namespace kn on kn.oid = k.relnamespace where kn.nspname = $6 and k.relkind in ('r', 'p'))
        union
        select reads.view from reads join over_tenants o on o.view = reads.relation
      )
      select ${displayedRelation} as "table",
             case c.relkind when 'm' then format('%s may read it: a materialized view holds rows of every organization', r.rolname)
               else format('%s may use it, and it reads with the rights of %s, whom no policy binds', r.rolname, pg_get_userbyid(c.relowner)) end as detail,
             format('view %s for %s', ${displayedRelation}, r.rolname) as object,
             ${statements(`case when c.relkind = 'v' then format(case when $4 then 'alter view %s set (security_invoker = true)' else 'alter view %s owner to %I' end, c.oid::regclass, $5::text)
               else format('revoke all on %s from ', c.oid::regclass) || ${heldThrough(relationGrants, "array['SELECT', 'INSERT', 'UPDATE', 'DELETE']", settings)} end`)} as fix
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where c.oid in (select view from over_tenants) and c.relkind in ('v', 'm')
        and (has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE') or has_table_privilege(r.oid, c.oid, 'DELETE'))
        and (r.rolname = $3 or not has_table_privilege($3, c.oid, 'SELECT'))
        and (c.relkind = 'm'
             or not exists (select from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker' and o.option_value::boolean)
                and pg_get_userbyid(c.relowner) <> all($1))`,
    values: [
      boundRoles,
      planTables(plan, 'tenant', 'user'),
      settings.roles.app,
      serverVersion >= INVOKER_VIEWS,
      settings.roles.definer,
      settings.controlSchema,
    ],
  }),
}
