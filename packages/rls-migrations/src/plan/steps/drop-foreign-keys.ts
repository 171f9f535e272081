import type { ForeignKey, Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { constraintExists, not } from '../checks.ts'
import type { PartitionTree } from '../../catalog/partition-tree.ts'
import { copyNames, NATIVE_TREE_KEYS, treeForeignKeyOperations } from '../partitions/tree-foreign-key.ts'
import { treeInverses } from '../partitions/tree-key.ts'
import { tenantForeignKeys, treeOf, type PlanContext } from '../plan-context.ts'
import { lockParentFirst } from './lock-parent-first.ts'
import type { Inverse, Step } from '../step.ts'
import { commentOnConstraint } from './key-marks.ts'

/** Contract: the old foreign keys go; their composite counterparts hold. Dropping locks both tables, the parent first. */
export function planDropForeignKeys(context: PlanContext, table: Table): readonly Step[] {
  return tenantForeignKeys(context, table).map((key) => {
    const name = displayName(table)
    return {
      id: `contract/${name}/foreign-key-${key.name}`,
      phase: 'contract',
      kind: 'drop-foreign-key',
      table: name,
      summary: `drop the old foreign key ${key.name} of ${name}`,
      mode: 'transaction',
      statements: [
        ...lockParentFirst(table, key.references, 'access exclusive'),
        `alter table ${quoteName(table)} drop constraint ${quoteIdentifier(key.name)}`,
      ],
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks: [{ object: `old foreign key ${key.name} on ${name}`, sql: not(constraintExists(table, key.name)) }],
      inverse: restore(context, table, key),
    } as const
  })
}

function restore(context: PlanContext, table: Table, key: ForeignKey): readonly Inverse[] {
  const tree = context.catalog.serverVersion < NATIVE_TREE_KEYS ? treeOf(context, table) : undefined
  return tree === undefined ? restorePlain(table, key) : restoreOnPartitions(tree, key)
}

function restoreOnPartitions(tree: PartitionTree, key: ForeignKey): readonly Inverse[] {
  const { table } = tree
  const operations = treeForeignKeyOperations({
    tree,
    name: key.name,
    references: key.references,
    definition: key.definition,
    check: { object: `foreign key ${key.name} on ${displayName(table)}`, sql: constraintExists(table, key.name) },
    names: copyNames(tree, key),
  })
  return treeInverses('narrow-keys', tree, operations)
}

function restorePlain(table: Table, key: ForeignKey): readonly Inverse[] {
  const name = displayName(table)
  const definition = key.definition.replace(/ NOT VALID$/, '')
  const base = { stage: 'narrow-keys', mode: 'transaction', rewrites: false } as const
  const object = `foreign key ${key.name} on ${name}`
  const add: Inverse = {
    ...base,
    id: `undo/${name}/foreign-key-${key.name}-add`,
    summary: `put the foreign key ${key.name} of ${name} back`,
    statements: [
      ...lockParentFirst(table, key.references, 'share row exclusive'),
      `alter table ${quoteName(table)} add constraint ${quoteIdentifier(key.name)} ${definition} not valid`,
      ...(key.comment === null ? [] : [commentOnConstraint(table, key.name, key.comment)]),
    ],
    lock: 'SHARE ROW EXCLUSIVE',
    scans: false,
    checks: [{ object, sql: constraintExists(table, key.name) }],
  }
  if (!key.validated) return [add]
  return [
    add,
    {
      ...base,
      id: `undo/${name}/foreign-key-${key.name}-validate`,
      summary: `prove the foreign key ${key.name} of ${name}`,
      statements: [`alter table ${quoteName(table)} validate constraint ${quoteIdentifier(key.name)}`],
      lock: 'SHARE UPDATE EXCLUSIVE',
      scans: true,
      checks: [{ object, sql: `${constraintExists(table, key.name).slice(0, -1)} and k.convalidated)` }],
    },
  ]
}
