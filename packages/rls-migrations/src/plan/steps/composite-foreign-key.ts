import type { ForeignKey, Table } from '../../catalog/catalog.ts'
import { displayName, quoteColumns, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { constraintExists, foreignKeyIs, not } from '../checks.ts'
import {
  compositeKeyName,
  keepsOldForeignKey,
  tenantColumnOf,
  tenantForeignKeys,
  type PlanContext,
} from '../plan-context.ts'
import { widensPrimaryKey } from '../primary-key.ts'
import type { Step } from '../step.ts'
import { seeingAllRows } from './seeing-all-rows.ts'

/**
 * Composite keys `(tenant, reference) -> (tenant, key)` beside the old ones: added NOT VALID, then validated under a
 * lock that lets everybody write. Both while FORCE is off: under FORCE a validation sees no rows and always succeeds.
 */
export function planCompositeForeignKeys(context: PlanContext, table: Table): readonly Step[] {
  return tenantForeignKeys(context, table).flatMap((key) => {
    const add = addKey(context, table, key)
    // A key that the host itself never validated has rows that break it; ours guards the new rows, like the host's.
    return key.validated ? [add, validateKey(context, table, key)] : [add]
  })
}

function addKey(context: PlanContext, table: Table, key: ForeignKey): Step {
  const name = displayName(table)
  const constraint = compositeKeyName(context, table, key)
  const parent = context.graph.table(key.references)
  const object = `foreign key ${constraint} on ${name}`
  const lock = `lock table ${quoteName(key.references)}, ${quoteName(table)} in`
  return {
    id: `expand/${name}/foreign-key-${key.name}`,
    phase: 'expand',
    kind: 'composite-foreign-key',
    table: name,
    summary: `tie ${name} (${key.columns.join(', ')}) to ${displayName(key.references)} of the same organization`,
    mode: 'transaction',
    statements: [
      `${lock} share row exclusive mode`,
      `alter table ${quoteName(table)} add constraint ${quoteIdentifier(constraint)} ${compositeDefinition(context, table, key)} not valid`,
    ],
    lock: 'SHARE ROW EXCLUSIVE',
    scans: false,
    rewrites: false,
    checks: [{ object, sql: constraintExists(table, constraint) }],
    ...(parent !== undefined && widensPrimaryKey(context, parent) ? { undoneWith: 'contract' as const } : {}),
    inverse: [
      {
        id: `undo/${name}/foreign-key-${key.name}`,
        stage: 'composite-keys',
        summary: `drop foreign key ${constraint} of ${name}`,
        mode: 'transaction',
        statements: [
          `${lock} access exclusive mode`,
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
  const { settings } = context
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
        sql: foreignKeyIs(table, constraint, {
          columns: [tenantColumnOf(settings, table), ...key.columns],
          references: key.references,
          referencedColumns: [settings.tenantColumn, ...key.referencedColumns],
        }),
      },
    ],
    // Undone by the inverse of the step that added the key.
    inverse: [],
  }
}

/** MATCH FULL would demand that the tenant is null whenever the reference is; MATCH SIMPLE checks whole references only. */
export function compositeDefinition(context: PlanContext, table: Table, key: ForeignKey): string {
  const { settings } = context
  const shape = `foreign key (${quoteColumns([tenantColumnOf(settings, table), ...key.columns])}) references ${quoteName(key.references)} (${quoteColumns([settings.tenantColumn, ...key.referencedColumns])})`
  const onUpdate = `on update ${updateAction(context, table, key)}`
  if (keepsOldForeignKey(context, key)) return `${shape} ${onUpdate} deferrable initially deferred`
  const changes = key.onDelete === 'set null' || key.onDelete === 'set default'
  const columns = changes
    ? ` (${quoteColumns(key.onDeleteColumns.length > 0 ? key.onDeleteColumns : key.columns)})`
    : ''
  const timing = key.deferrable ? ` deferrable initially ${key.deferred ? 'deferred' : 'immediate'}` : ''
  return `${shape} ${onUpdate} on delete ${key.onDelete}${columns}${timing}`
}

/**
 * ON UPDATE takes no column list on any version: to null the reference would null the tenant. A row that derives its
 * organization follows its parent into another one; the root's own row follows nobody.
 */
function updateAction(context: PlanContext, table: Table, key: ForeignKey): string {
  const { root } = context
  if (root === table) return 'no action'
  const action = key.onUpdate === 'set null' || key.onUpdate === 'set default' ? 'no action' : key.onUpdate
  return root !== undefined && action === 'no action' ? 'cascade' : action
}
