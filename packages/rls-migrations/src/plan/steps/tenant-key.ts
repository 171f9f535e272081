import type { Table } from '../../catalog/catalog.ts'
import { displayName, quoteColumns } from '../../sql/identifier.ts'
import { uniqueOver } from '../checks.ts'
import { referencesTo, tenantForeignKeys, tenantKeyName, type PlanContext } from '../plan-context.ts'
import { widensPrimaryKey } from '../primary-key.ts'
import type { Step } from '../step.ts'
import { attachKeyStep } from './attach-key.ts'
import { concurrentIndexStep } from './concurrent-index.ts'

/**
 * The compound keys on which composite foreign keys stand, and those that natural primary keys become. RLS cannot stop
 * a foreign key from seeing another organization's parent; a key that starts with the tenant can.
 */
export function planTenantKeys(context: PlanContext, table: Table): readonly Step[] {
  return keysNeeded(context, table).flatMap((columns) => {
    const becomesPrimary = widensPrimaryKey(context, table) && isPrimary(table, columns)
    const build = buildKey(context, table, { columns, becomesPrimary })
    return becomesPrimary
      ? [build]
      : [
          build,
          attachKeyStep('tenant-key', table, {
            name: tenantKeyName(table, columns),
            columns: [context.settings.tenantColumn, ...columns],
          }),
        ]
  })
}

/** The column lists, without the tenant, that composite keys of other tables will reference or that become primary. */
export function keysNeeded(context: PlanContext, table: Table): readonly (readonly string[])[] {
  const needed = new Map<string, readonly string[]>()
  for (const { table: child, key } of referencesTo(context, table)) {
    if (tenantForeignKeys(context, child).includes(key))
      needed.set(key.referencedColumns.join('\0'), key.referencedColumns)
  }
  const primary = table.keys.find((key) => key.kind === 'primary')
  if (primary !== undefined && widensPrimaryKey(context, table)) needed.set(primary.columns.join('\0'), primary.columns)
  return [...needed.values()]
}

function buildKey(
  context: PlanContext,
  table: Table,
  key: { columns: readonly string[]; becomesPrimary: boolean },
): Step {
  const { tenantColumn } = context.settings
  const wide = [tenantColumn, ...key.columns]
  const step = concurrentIndexStep('tenant-key', table, {
    name: tenantKeyName(table, key.columns),
    unique: true,
    definition: `using btree (${quoteColumns(wide)})`,
    firstColumn: tenantColumn,
    summary: `build unique (${wide.join(', ')}) on ${displayName(table)}`,
    ...(key.becomesPrimary ? { until: 'contract' as const } : {}),
  })
  // Whatever its name: the primary key takes the index up, and a rollback that is cut off may have dropped it with that.
  const standing = { object: `unique (${wide.join(', ')}) on ${displayName(table)}`, sql: uniqueOver(table, wide) }
  return { ...step, checks: [...step.checks, standing] }
}

function isPrimary(table: Table, columns: readonly string[]): boolean {
  const primary = table.keys.find((key) => key.kind === 'primary')
  return primary !== undefined && primary.columns.join('\0') === columns.join('\0')
}
