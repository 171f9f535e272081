import type { ForeignKey, Table } from '../../catalog/catalog.ts'
import { joinCondition } from '../../derive/join-condition.ts'
import { displayName, objectName, quoteIdentifier, quoteName, type QualifiedName } from '../../sql/identifier.ts'
import { not, triggerExists, triggerIs } from '../checks.ts'
import { functionChecks } from '../function-checks.ts'
import { tenantColumnOf, triggersDelete, type PlanContext } from '../plan-context.ts'
import type { Inverse, Step } from '../step.ts'

/**
 * Before PostgreSQL 15 a composite key that empties the reference would empty the tenant as well. There a trigger of the
 * parent does what ON DELETE SET NULL and SET DEFAULT did, within the organization. Its name sorts before those of the
 * server's own triggers, so that the composite key finds nothing left to refuse. It runs with the rights of whoever
 * deletes: the policies hold for it as for any statement.
 */
export function planDeleteAction(context: PlanContext, table: Table, key: ForeignKey): readonly Step[] {
  if (!triggersDelete(context, key)) return []
  const name = displayName(table)
  const routine = functionOf(context, table, key)
  const trigger = triggerOf(table, key)
  const create = functionStatement(context, table, { key, routine })
  const object = `trigger ${trigger} on ${displayName(key.references)}`
  const lock = `lock table ${quoteName(key.references)} in`
  const base = { mode: 'transaction', scans: false, rewrites: false } as const
  const inverse: Inverse = {
    ...base,
    id: `undo/${name}/delete-action-${key.name}`,
    stage: 'composite-keys',
    summary: `drop the trigger of ${displayName(key.references)} that does ON DELETE ${key.onDelete.toUpperCase()} in ${name}`,
    statements: [
      `${lock} access exclusive mode`,
      `drop trigger if exists ${quoteIdentifier(trigger)} on ${quoteName(key.references)}`,
      `drop function if exists ${quoteName(routine)}()`,
    ],
    lock: 'ACCESS EXCLUSIVE',
    checks: [{ object, sql: not(triggerExists(key.references, trigger)) }],
  }
  return [
    {
      ...base,
      id: `expand/${name}/delete-action-${key.name}`,
      phase: 'expand',
      kind: 'delete-action',
      table: name,
      summary: `do ON DELETE ${key.onDelete.toUpperCase()} of ${key.name} within the organization`,
      statements: [
        `${lock} share row exclusive mode`,
        create,
        `revoke all on function ${quoteName(routine)}() from public`,
        `create trigger ${quoteIdentifier(trigger)} after delete on ${quoteName(key.references)} for each row execute function ${quoteName(routine)}()`,
      ],
      lock: 'SHARE ROW EXCLUSIVE',
      checks: [{ object, sql: triggerIs(key.references, trigger, routine) }, ...functionChecks(create)],
      inverse: [inverse],
    },
  ]
}

/** A digit sorts before the `RI_` of the server's triggers. */
function triggerOf(table: Table, key: ForeignKey): string {
  return objectName('0_partywall', table.schema, table.name, key.name)
}

function functionOf({ settings }: PlanContext, table: Table, key: ForeignKey): QualifiedName {
  return {
    schema: settings.controlSchema,
    name: objectName('after_delete', table.schema, table.name, key.name).replaceAll(/\W/g, '_'),
  }
}

function functionStatement(
  { settings }: PlanContext,
  table: Table,
  { key, routine }: { readonly key: ForeignKey; readonly routine: QualifiedName },
): string {
  const value = key.onDelete === 'set null' ? 'null' : 'default'
  const columns = key.columns.map((column) => `${quoteIdentifier(column)} = ${value}`).join(', ')
  const own = `child.${quoteIdentifier(tenantColumnOf(settings, table))} = old.${quoteIdentifier(settings.tenantColumn)}`
  const update = `update ${quoteName(table)} child set ${columns} where ${own} and ${joinCondition(key, 'child', 'old')}`
  return `create function ${quoteName(routine)}() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
begin
  ${update};
  return null;
end
$function$`
}
