import type { CatalogRule } from '../../verify/catalog-rule.ts'
import { isHostSchema, ofExtension } from '../walled-tables.ts'

/** A judgement by the text: format() with %I and %L quotes, || and %s do not. */
export const definerDynamicSql: CatalogRule = {
  name: 'definer-dynamic-sql',
  promise: 'no function that runs as its owner puts statements together from its arguments',
  risk: 'An argument that holds SQL runs with the rights of the owner, past every policy.',
  remedy: 'Pass values with USING, names with format() and %I; or let the function run as its caller.',
  severity: 'warning',
  since: 'install',
  query: ({ settings }) => ({
    text: `
      select '' as "table", format('function %s', p.oid::regprocedure) as object,
             'it runs as its owner, and executes text that it puts together with || or %s' as detail
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang and l.lanname = 'plpgsql'
      where p.prosecdef and p.pronargs > 0 and ${isHostSchema('$1')} and not ${ofExtension('pg_proc', 'p.oid')}
        and p.prosrc ~* '\\mexecute\\M(?!\\s+(on|function|procedure)\\M)[^;]*(\\|\\||%s)'`,
    values: [settings.controlSchema],
  }),
}
