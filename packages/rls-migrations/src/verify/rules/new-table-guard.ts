import type { CatalogRule } from '../catalog-rule.ts'

/** The guard is optional, since not every login may make one; but one that is there and sleeps is a false comfort. */
export const newTableGuard: CatalogRule = {
  name: 'new-table-guard',
  promise: 'the guard of new tables is awake, where there is one',
  risk: 'A new table comes without row-level security, and nobody is told.',
  remedy: 'Enable the event trigger; partywall plan shows it when it is gone.',
  severity: 'warning',
  since: 'enforce',
  needsPlan: true,
  query: ({ settings }) => ({
    text: `
      select '' as "table", format('%s is there, but no event trigger that is on calls it: new tables come without row-level security', p.oid::regprocedure) as detail, format('function %s', p.oid::regprocedure) as object,
             coalesce((select array_agg(format('alter event trigger %I enable', e.evtname)) from pg_event_trigger e where e.evtfoid = p.oid and e.evtevent = 'ddl_command_end'), '{}') as fix
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = $1 and p.proname = 'guard_new_tables'
        and not exists (select from pg_event_trigger e where e.evtfoid = p.oid and e.evtevent = 'ddl_command_end' and e.evtenabled in ('O', 'A'))`,
    values: [settings.controlSchema],
  }),
}
