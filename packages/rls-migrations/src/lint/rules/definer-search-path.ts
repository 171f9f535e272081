import type { CatalogRule } from '../../verify/catalog-rule.ts'
import { isHostSchema, ofExtension } from '../walled-tables.ts'

/** The temporary schema is looked through first, even before the server's own, unless the path names it. */
export const definerSearchPath: CatalogRule = {
  name: 'definer-search-path',
  promise: 'a function that runs as its owner says where it looks names up',
  risk: 'The caller says where the function finds its tables and functions: its own in their place run with the rights of the owner.',
  remedy: 'Set the search path of the function, pg_temp last.',
  severity: 'warning',
  since: 'install',
  query: ({ settings }) => ({
    text: `
      select '' as "table", format('function %s', p.oid::regprocedure) as object,
             case when path.value is null then 'it runs as its owner, and looks names up where its caller says'
               else format('it runs as its owner, and looks into pg_temp before the schemas of its path: %s', path.value) end as detail,
             array[format('alter routine %s set search_path = %s', p.oid::regprocedure, case when path.value is null then format('pg_catalog, %I, pg_temp', n.nspname) else path.rest || 'pg_temp' end)] as fix,
             case when path.value is null then null else 'info' end as severity
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      cross join lateral (
        select max(substr(one, 13)) as value, max(case when substr(one, 13) in ('', '""') then '' else regexp_replace(substr(one, 13), '(, *)?"?pg_temp"?', '', 'g') || ', ' end) as rest
        from unnest(p.proconfig) one where one like 'search_path=%'
      ) path
      where p.prosecdef and ${isHostSchema('$1')} and not ${ofExtension('pg_proc', 'p.oid')}
        and coalesce(path.value, '') !~ '(^|, *)"?pg_temp"?$'`,
    values: [settings.controlSchema],
  }),
}
