import type { Index, Table } from '../../catalog/catalog.ts'
import { displayName, quoteColumns } from '../../sql/identifier.ts'
import { hasTenantKey } from '../host-tenant-keys.ts'
import { uniqueOver } from '../checks.ts'
import type { PartitionTree } from '../../catalog/partition-tree.ts'
import { treeKeySteps, type TreeKey } from '../partitions/tree-key.ts'
import {
  referencesTo,
  sameColumns,
  tenantForeignKeys,
  tenantKeyName,
  treeOf,
  type PlanContext,
} from '../plan-context.ts'
import { primaryKeyOf, widensPrimaryKey } from '../primary-key.ts'
import type { Step } from '../step.ts'
import { attachKeyStep } from './attach-key.ts'
import { concurrentIndexStep, wideDefinition } from './concurrent-index.ts'

/**
 * The compound keys on which composite foreign keys stand, and those that natural primary keys become. RLS cannot stop
 * a foreign key from seeing another organization's parent; a key that starts with the tenant can.
 */
export function planTenantKeys(context: PlanContext, table: Table): readonly Step[] {
  const missing = keysNeeded(context, table).filter((columns) => !hasTenantKey(context, table, columns))
  return missing.flatMap((columns) => {
    const primary = widensPrimaryKey(context, table) ? primaryKeyOf(table) : undefined
    const becomesPrimary = primary?.key.columns === columns
    const tree = treeOf(context, table)
    if (tree !== undefined) return treeKeySteps('tenant-key', treeTenantKey(context, tree, columns))
    const build = buildKey(context, table, { columns, primary: becomesPrimary ? primary.index : undefined })
    return becomesPrimary
      ? [build]
      : [
          build,
          attachKeyStep('tenant-key', table, {
            name: tenantKeyName(context, table, columns),
            columns: [context.settings.tenantColumn, ...columns],
          }),
        ]
  })
}

/** The column lists, without the tenant, that become primary or that composite keys of other tables will reference. */
export function keysNeeded(context: PlanContext, table: Table): readonly (readonly string[])[] {
  const needed: (readonly string[])[] = []
  const primary = primaryKeyOf(table)?.key
  if (primary !== undefined && widensPrimaryKey(context, table)) needed.push(primary.columns)
  for (const { table: child, key } of referencesTo(context, table)) {
    if (!tenantForeignKeys(context, child).includes(key)) continue
    // One compound key serves whatever order a foreign key names its columns in: the order of the key below it.
    const columns = table.keys.find((one) => sameColumns(one.columns, key.referencedColumns))?.columns
    if (!needed.some((one) => sameColumns(one, key.referencedColumns))) needed.push(columns ?? key.referencedColumns)
  }
  return needed
}

/** On a partitioned table: a constraint from the start, since no constraint can be made of its index later. */
export function treeTenantKey(context: PlanContext, tree: PartitionTree, columns: readonly string[]): TreeKey {
  const { tenantColumn } = context.settings
  const wide = [tenantColumn, ...columns]
  const list = quoteColumns(wide)
  return {
    tree,
    name: tenantKeyName(context, tree.table, columns),
    unique: true,
    definition: `using btree (${list})`,
    firstColumn: tenantColumn,
    summary: `build unique (${wide.join(', ')}) on ${displayName(tree.table)}`,
    constraint: { clause: `unique (${list})`, columns: wide, timing: '' },
    ...(goesAtContract(context, tree.table, columns) ? { until: 'contract' as const } : {}),
  }
}

/** It serves until the primary key holds the tenant itself, unless foreign keys stand on it. */
export function goesAtContract(context: PlanContext, table: Table, columns: readonly string[]): boolean {
  const isReferenced = referencesTo(context, table).some(
    (one) => tenantForeignKeys(context, one.table).includes(one.key) && sameColumns(one.key.referencedColumns, columns),
  )
  return !isReferenced
}

interface NeededKey {
  readonly columns: readonly string[]
  /** The index of the primary key, when the key becomes primary. */
  readonly primary: Index | undefined
}

function buildKey(context: PlanContext, table: Table, { columns, primary }: NeededKey): Step {
  const { tenantColumn } = context.settings
  const wide = [tenantColumn, ...columns]
  const step = concurrentIndexStep('tenant-key', table, {
    name: tenantKeyName(context, table, columns),
    unique: true,
    // What becomes the primary key keeps what the old one has: INCLUDE, storage parameters.
    definition: primary === undefined ? `using btree (${quoteColumns(wide)})` : wideDefinition(tenantColumn, primary),
    firstColumn: tenantColumn,
    summary: `build unique (${wide.join(', ')}) on ${displayName(table)}`,
    ...(primary !== undefined ? { until: 'contract' as const } : {}),
  })
  // Whatever its name: the primary key takes the index up, and a rollback that is cut off may have dropped it with that.
  const standing = { object: `unique (${wide.join(', ')}) on ${displayName(table)}`, sql: uniqueOver(table, wide) }
  return { ...step, checks: [...step.checks, standing] }
}
