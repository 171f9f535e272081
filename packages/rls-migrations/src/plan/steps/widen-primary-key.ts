import type { Table } from '../../catalog/catalog.ts'
import { displayName, quoteColumns, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { indexIs, keyIs } from '../checks.ts'
import { onlyItself, type PartitionTree } from '../../catalog/partition-tree.ts'
import { dropTreeKey, treeInverses, treeKeyOperations } from '../partitions/tree-key.ts'
import { widenTreePrimaryKey } from '../partitions/tree-primary-key.ts'
import { tenantKeyName, treeOf, type PlanContext } from '../plan-context.ts'
import { primaryKeyOf, widensPrimaryKey, type PrimaryKey } from '../primary-key.ts'
import type { Guard, Inverse, Step } from '../step.ts'
import { wideDefinition } from './concurrent-index.ts'
import { keyMarks } from './key-marks.ts'
import { goesAtContract, treeTenantKey } from './tenant-key.ts'

/** Contract: the compound key takes the place, and the name, of a natural primary key. One instant: the index stands. */
export function planWidenPrimaryKey(context: PlanContext, table: Table): readonly Step[] {
  const primary = primaryKeyOf(table)
  if (primary === undefined || !widensPrimaryKey(context, table)) return []
  const tree = treeOf(context, table)
  if (tree !== undefined) return widenOnPartitions(context, tree, primary)
  const name = displayName(table)
  const wide = [context.settings.tenantColumn, ...primary.key.columns]
  return [
    {
      id: `contract/${name}/primary-key`,
      phase: 'contract',
      kind: 'primary-key',
      table: name,
      summary: `make (${wide.join(', ')}) the primary key of ${name}`,
      mode: 'transaction',
      statements: swap(table, primary, tenantKeyName(context, table, primary.key.columns)),
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks: [{ object: `primary key ${primary.key.name} on ${name}`, sql: keyIs(table, primary.key.name, wide) }],
      inverse: narrow(context, table, primary),
    },
  ]
}

/** The compound key that served until then goes, unless foreign keys stand on it. */
function widenOnPartitions(context: PlanContext, tree: PartitionTree, primary: PrimaryKey): readonly Step[] {
  const { columns } = primary.key
  const compound = treeTenantKey(context, tree, columns)
  const [drop] = goesAtContract(context, tree.table, columns) ? dropTreeKey(compound) : []
  // Code with a tenant names the columns of the compound key in ON CONFLICT: on the way back never without one.
  const before = drop === undefined ? [] : treeInverses('narrow-indexes', tree, treeKeyOperations(compound))
  const steps = widenTreePrimaryKey({
    tree,
    primary,
    tenantColumn: context.settings.tenantColumn,
    guard: duplicates(tree.table, columns),
    before,
  })
  if (drop === undefined) return steps
  const { part, ...operation } = drop
  const name = displayName(tree.table)
  const id = `contract/${name}/${part}`
  return [...steps, { ...operation, id, phase: 'contract', kind: 'primary-key', table: name, inverse: [] }]
}

/** The new index takes the name of the constraint, and with it what hung on the old one. */
function swap(table: Table, { key, index }: PrimaryKey, replacement: string): readonly string[] {
  const name = quoteIdentifier(key.name)
  return [
    `alter table ${quoteName(table)} drop constraint ${name}, add constraint ${name} primary key using index ${quoteIdentifier(replacement)}`,
    ...keyMarks(table, index, key).statements,
  ]
}

function narrow(context: PlanContext, table: Table, primary: PrimaryKey): readonly Inverse[] {
  const name = displayName(table)
  const { key, index } = primary
  const { tenantColumn } = context.settings
  const [oldIndex, wideIndex] = [
    context.names.index(table, key.name, 'narrow'),
    tenantKeyName(context, table, key.columns),
  ]
  const isNarrow = keyIs(table, key.name, key.columns)
  const build = { stage: 'narrow-indexes', lock: 'SHARE UPDATE EXCLUSIVE', scans: true, rewrites: false } as const
  const concurrent = (replacement: string, definition: string, first: string) => ({
    mode: 'concurrent' as const,
    statements: [
      `create unique index concurrently ${quoteIdentifier(replacement)} on ${quoteName(table)} ${definition}`,
    ],
    index: quoteName({ schema: table.schema, name: replacement }),
    checks: [
      {
        object: `index ${replacement} on ${name}`,
        sql: `${indexIs({ schema: table.schema, name: replacement }, table, { unique: true, first })} or ${isNarrow}`,
      },
    ],
  })
  return [
    {
      ...build,
      ...concurrent(oldIndex, `using ${index.method} ${index.keyAndRest}`, key.columns[0] as string),
      id: `undo/${name}/primary-key-index`,
      summary: `build the old key (${key.columns.join(', ')}) of ${name}`,
      guards: [duplicates(table, key.columns)],
    },
    {
      // The swap drops the compound index, and code with a tenant names its columns in ON CONFLICT: never without one.
      ...build,
      ...concurrent(wideIndex, wideDefinition(tenantColumn, index), tenantColumn),
      id: `undo/${name}/primary-key-compound`,
      summary: `build unique (${[tenantColumn, ...key.columns].join(', ')}) of ${name} beside the primary key`,
    },
    {
      id: `undo/${name}/primary-key`,
      stage: 'primary-keys',
      summary: `make (${key.columns.join(', ')}) the primary key of ${name} again`,
      mode: 'transaction',
      statements: swap(table, primary, oldIndex),
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks: [{ object: `primary key ${key.name} on ${name}`, sql: isNarrow }],
    },
  ]
}

/** The keys that more than one row has, now that organizations choose for themselves. */
function duplicates(table: Table, columns: readonly string[]): Guard {
  const key = quoteColumns(columns)
  return {
    table: displayName(table),
    reason: `more than one row has the same (${columns.join(', ')})`,
    sql: `select ${key}, count(*)::int as rows from ${onlyItself(table)}${quoteName(table)} group by ${key} having count(*) > 1 limit 20`,
  }
}
