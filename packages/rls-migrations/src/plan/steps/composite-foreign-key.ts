import type { ForeignKey, ForeignKeyAction, Table } from '../../catalog/catalog.ts'
import { displayName, quoteColumns, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { constraintExists, foreignKeyIs, not } from '../checks.ts'
import { isPartitioned, type PartitionTree } from '../../catalog/partition-tree.ts'
import { dropTreeForeignKey, NATIVE_TREE_KEYS, treeForeignKeyOperations } from '../partitions/tree-foreign-key.ts'
import { treeInverses } from '../partitions/tree-key.ts'
import {
  compositeKeyName,
  triggersDelete,
  isCitus,
  tenantColumnOf,
  tenantForeignKeys,
  treeOf,
  type PlanContext,
} from '../plan-context.ts'
import { widensPrimaryKey } from '../primary-key.ts'
import { lockParentFirst } from './lock-parent-first.ts'
import type { Step } from '../step.ts'
import { planDeleteAction } from './delete-action.ts'
import { seeingAllRows } from './seeing-all-rows.ts'

/**
 * Composite keys `(tenant, reference) -> (tenant, key)` beside the old ones: added NOT VALID, then validated under a
 * lock that lets everybody write. Both while FORCE is off: under FORCE a validation sees no rows and always succeeds.
 */
export function planCompositeForeignKeys(context: PlanContext, table: Table): readonly Step[] {
  return tenantForeignKeys(context, table).flatMap((key) => {
    const tree = context.catalog.serverVersion < NATIVE_TREE_KEYS ? treeOf(context, table) : undefined
    const onDelete = planDeleteAction(context, table, key)
    if (tree !== undefined) return [...treeKey(context, tree, key), ...onDelete]
    const add = addKey(context, table, key)
    // A key that the host itself never validated has rows that break it; ours guards the new rows, like the host's.
    return [add, ...onDelete, ...(key.validated ? [validateKey(context, table, key)] : [])]
  })
}

function addKey(context: PlanContext, table: Table, key: ForeignKey): Step {
  const name = displayName(table)
  const constraint = compositeKeyName(context, table, key)
  const object = `foreign key ${constraint} on ${name}`
  return {
    id: `expand/${name}/foreign-key-${key.name}`,
    phase: 'expand',
    kind: 'composite-foreign-key',
    table: name,
    summary: `tie ${name} (${key.columns.join(', ')}) to ${displayName(key.references)} of the same organization`,
    mode: 'transaction',
    statements: [
      ...lockParentFirst(table, key.references, 'share row exclusive'),
      `alter table ${quoteName(table)} add constraint ${quoteIdentifier(constraint)} ${compositeDefinition(context, table, key)} not valid`,
    ],
    lock: 'SHARE ROW EXCLUSIVE',
    scans: false,
    rewrites: false,
    checks: [{ object, sql: constraintExists(table, constraint) }],
    ...undoneWith(context, key),
    inverse: [
      {
        id: `undo/${name}/foreign-key-${key.name}`,
        stage: 'composite-keys',
        summary: `drop foreign key ${constraint} of ${name}`,
        mode: 'transaction',
        statements: [
          ...lockParentFirst(table, key.references, 'access exclusive'),
          `alter table ${quoteName(table)} drop constraint ${quoteIdentifier(constraint)}`,
        ],
        lock: 'ACCESS EXCLUSIVE',
        scans: false,
        rewrites: false,
        checks: [{ object, sql: not(constraintExists(table, constraint)) }],
      },
    ],
  }
}

function validateKey(context: PlanContext, table: Table, key: ForeignKey): Step {
  const name = displayName(table)
  const constraint = compositeKeyName(context, table, key)
  return {
    id: `expand/${name}/validate-${key.name}`,
    phase: 'expand',
    kind: 'composite-foreign-key',
    table: name,
    summary: `prove ${constraint} on the rows of ${name}`,
    mode: 'transaction',
    statements: seeingAllRows(
      context,
      [table, key.references],
      [`alter table ${quoteName(table)} validate constraint ${quoteIdentifier(constraint)}`],
    ),
    lock: 'SHARE UPDATE EXCLUSIVE',
    scans: true,
    rewrites: false,
    checks: [
      {
        object: `foreign key ${constraint} on ${name}`,
        sql: compositeKeyStands(context, table, key),
      },
    ],
    // Undone by the inverse of the step that added the key.
    inverse: [],
  }
}

/** The compound key below it becomes the parent's primary key at contract, and goes when that is undone. */
function undoneWith(context: PlanContext, key: ForeignKey): Pick<Step, 'undoneWith'> {
  const parent = context.graph.table(key.references)
  // That of a partitioned table stays beside the primary key.
  const isSwapped = parent !== undefined && !isPartitioned(parent) && widensPrimaryKey(context, parent)
  return isSwapped ? { undoneWith: 'contract' } : {}
}

function compositeKeyStands(context: PlanContext, table: Table, key: ForeignKey): string {
  const { settings } = context
  return foreignKeyIs(table, compositeKeyName(context, table, key), {
    columns: [tenantColumnOf(settings, table), ...key.columns],
    references: key.references,
    referencedColumns: [settings.tenantColumn, ...key.referencedColumns],
  })
}

function treeKey(context: PlanContext, tree: PartitionTree, key: ForeignKey): readonly Step[] {
  const name = compositeKeyName(context, tree.table, key)
  const table = displayName(tree.table)
  const whole = {
    tree,
    name,
    references: key.references,
    definition: compositeDefinition(context, tree.table, key),
    check: { object: `foreign key ${name} on ${table}`, sql: compositeKeyStands(context, tree.table, key) },
    seeing: (statements: readonly string[]) => seeingAllRows(context, [tree.table, key.references], statements),
  }
  const operations = treeForeignKeyOperations(whole)
  return operations.map(({ part, ...operation }, at) => ({
    ...operation,
    id: `expand/${table}/${part}`,
    phase: 'expand',
    kind: 'composite-foreign-key',
    table,
    ...undoneWith(context, key),
    inverse: at === operations.length - 1 ? treeInverses('composite-keys', tree, dropTreeForeignKey(whole)) : [],
  }))
}

/** What the counterpart does when the row that it references goes, or changes its key. */
export function compositeActions(
  context: PlanContext,
  table: Table,
  key: ForeignKey,
): Pick<ForeignKey, 'onDelete' | 'onUpdate'> {
  return {
    onDelete: triggersDelete(context, key) ? 'no action' : key.onDelete,
    onUpdate: updateAction(context, table, key),
  }
}

/** MATCH FULL would demand that the tenant is null whenever the reference is; MATCH SIMPLE checks whole references only. */
export function compositeDefinition(context: PlanContext, table: Table, key: ForeignKey): string {
  const { settings } = context
  const shape = `foreign key (${quoteColumns([tenantColumnOf(settings, table), ...key.columns])}) references ${quoteName(key.references)} (${quoteColumns([settings.tenantColumn, ...key.referencedColumns])})`
  const onUpdate = `on update ${updateAction(context, table, key)}`
  const changes = key.onDelete === 'set null' || key.onDelete === 'set default'
  const columns = changes
    ? ` (${quoteColumns(key.onDeleteColumns.length > 0 ? key.onDeleteColumns : key.columns)})`
    : ''
  const timing = key.deferrable ? ` deferrable initially ${key.deferred ? 'deferred' : 'immediate'}` : ''
  const onDelete = triggersDelete(context, key) ? 'no action' : `${key.onDelete}${columns}`
  return `${shape} ${onUpdate} on delete ${onDelete}${timing}`
}

/**
 * ON UPDATE takes no column list on any version: to null the reference would null the tenant. A row that derives its
 * organization follows its parent into another one; the root's own row follows nobody.
 */
function updateAction(context: PlanContext, table: Table, key: ForeignKey): ForeignKeyAction {
  const { root } = context
  if (root === table || isCitus(context.settings)) return 'no action'
  const action = key.onUpdate === 'set null' || key.onUpdate === 'set default' ? 'no action' : key.onUpdate
  return root !== undefined && action === 'no action' ? 'cascade' : action
}
