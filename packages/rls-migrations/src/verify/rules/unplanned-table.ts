import {
  displayedRelation,
  heldThrough,
  planTables,
  relationGrants,
  statements,
  tablesIn,
  type CatalogRule,
} from '../catalog-rule.ts'

/** A table that came after the conversion, or of a kind that is not converted, has no wall around it. */
export const unplannedTable: CatalogRule = {
  name: 'unplanned-table',
  promise: 'the application reaches no table that the conversion does not know',
  risk: 'The table has no wall: every organization reads all of it.',
  remedy: 'Run partywall plan and partywall apply, or revoke what the application holds.',
  severity: 'error',
  needsPlan: true,
  query: ({ plan, settings }) => ({
    text: `
      select ${displayedRelation} as "table", format('%s reaches it, and it has no part in the conversion: run partywall plan', $1::text) as detail,
             format('table %s', ${displayedRelation}) as object,
             ${statements(`format('revoke all on %s from ', c.oid::regclass) || ${heldThrough(relationGrants, "array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']", settings)}`)} as fix
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.rolname = $1
      where c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't' and n.nspname <> $4 and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
        and c.oid not in (select oid from ${tablesIn('$2')} planned(oid) where oid is not null)
        and not (c.relkind = 'r' and not c.relispartition and c.oid in ${tablesIn('$3')})
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
        and has_schema_privilege($1, n.oid, 'usage')
        and (has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE') or has_table_privilege($1, c.oid, 'DELETE, TRUNCATE'))`,
    // Plain tables that the configuration leaves out, such as the bookkeeping of migration tools, are the host's decision.
    values: [
      settings.roles.app,
      planTables(plan, 'tenant', 'user', 'shared'),
      planTables(plan, 'skipped'),
      settings.controlSchema,
    ],
  }),
}
