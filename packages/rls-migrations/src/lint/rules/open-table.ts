import { displayedRelation, planTables, tablesIn, type CatalogRule } from '../../verify/catalog-rule.ts'
import { isHostSchema, ofExtension } from '../walled-tables.ts'

/** Where a plan is kept, every table has a class, and what has none is an `unplanned-table`. */
export const openTable: CatalogRule = {
  name: 'open-table',
  promise: 'a table without row-level security that the application reaches is shared on purpose',
  risk: 'Every organization reads all of it.',
  remedy: 'Wall it off, when it has rows of organizations; a foreign table cannot be, and is to be revoked.',
  severity: 'info',
  query: ({ boundRoles, plan, settings }) => ({
    text: `
      select ${displayedRelation} as "table", format('table %s', ${displayedRelation}) as object,
             format('%s reaches it, and it %s', string_agg(r.rolname, ', ' order by r.rolname), case c.relkind when 'f' then 'is a foreign table, for which there are no policies' else 'has no row-level security' end) as detail,
             case c.relkind when 'f' then 'warning' end as severity
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where $2 and c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't' and ${isHostSchema('$3')} and not ${ofExtension('pg_class', 'c.oid')}
        and not c.relrowsecurity and c.oid not in (select oid from ${tablesIn('$4')} walled(oid) where oid is not null)
        and has_schema_privilege(r.oid, n.oid, 'usage') and (has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE') or has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE'))
      group by n.nspname, c.relname, c.oid, c.relkind`,
    values: [boundRoles, plan.steps.length === 0, settings.controlSchema, planTables(plan, 'tenant', 'user')],
  }),
}
