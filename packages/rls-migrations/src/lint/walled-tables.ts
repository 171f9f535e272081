import { tenantColumnOf } from '../plan/plan-context.ts'
import type { PlannedTable } from '../plan/plan.ts'
import type { RuleContext } from '../verify/catalog-rule.ts'

/** The tables with rows of organizations, and those of people, with the column of the tenant: for {@link walledIn}. */
export function walledTables({ plan, settings }: RuleContext, ...classes: readonly ('tenant' | 'user')[]): string {
  const item = (table: PlannedTable): Readonly<Record<string, string>> => ({
    schema: table.schema,
    name: table.name,
    class: table.class,
    column: table.class === 'user' ? '' : tenantColumnOf(settings, table),
  })
  return JSON.stringify(classes.flatMap((one) => plan.tables[one]).map(item))
}

/** A relation of `oid`, `class` and `tenant`, the number of the column, over `$n`, filled by {@link walledTables}. */
export function walledIn(parameter: string): string {
  return `(
    select wc.oid, item ->> 'class' as class, wa.attnum as tenant
    from jsonb_array_elements(${parameter}::jsonb) item
    join pg_namespace wn on wn.nspname = item ->> 'schema' join pg_class wc on wc.relnamespace = wn.oid and wc.relname = item ->> 'name'
    left join pg_attribute wa on wa.attrelid = wc.oid and wa.attname = item ->> 'column' and not wa.attisdropped)`
}

/** The schemas of the host, as a condition on namespace `n`; `$n` is the control plane. */
export function isHostSchema(parameter: string): string {
  return `(n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname <> ${parameter}
    and not exists (select from pg_depend nd where nd.classid = 'pg_namespace'::regclass and nd.objid = n.oid and nd.deptype = 'e'))`
}

/** Whether an extension made the object. */
export function ofExtension(catalog: string, oid: string): string {
  return `exists (select from pg_depend ed where ed.classid = '${catalog}'::regclass and ed.objid = ${oid} and ed.deptype = 'e')`
}
