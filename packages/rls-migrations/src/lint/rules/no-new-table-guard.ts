import type { CatalogRule } from '../../verify/catalog-rule.ts'

export const noNewTableGuard: CatalogRule = {
  name: 'no-new-table-guard',
  promise: 'an event trigger walls new tables off',
  risk: 'A table that a migration makes and grants is open to every organization until the next lint.',
  remedy:
    'Run the statements that partywall plan leaves to a DBA; where event triggers are not allowed, lint after every migration.',
  severity: 'info',
  since: 'enforce',
  query: ({ settings }) => ({
    text: `
      select '' as "table", 'new-table guard' as object, 'there is none: new tables come without row-level security' as detail
      where not exists (select from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = $1 and p.proname = 'guard_new_tables')`,
    values: [settings.controlSchema],
  }),
}
