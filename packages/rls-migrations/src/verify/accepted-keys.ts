import type { Index, Table } from '../catalog/catalog.ts'
import type { SchemaGraph } from '../catalog/schema-graph.ts'
import { isGenerated } from '../plan/plan-context.ts'
import type { Plan } from '../plan/plan.ts'
import { displayName } from '../sql/identifier.ts'

/** What says which keys stay as they are. */
export interface KeyScene {
  readonly plan: Plan
  readonly graph: SchemaGraph
}

/** Whether a key that stays unique across all organizations has all of its columns among these: nothing can be met that it would not meet first. */
export function isWithinAcceptedKey(scene: KeyScene, table: Table, columns: readonly string[]): boolean {
  return table.indexes
    .filter((one) => one.unique && isAccepted(scene, table, one))
    .some((one) => (one.columns ?? columnsIn(table, one)).every((column) => columns.includes(column)))
}

/** The hazards that tell of a key that stays unique across all organizations. */
const keptKeys = ['generated-key', 'deferrable-key', 'key-held', 'unique-held', 'temporal-key', 'key-width']

/** Keys that stay as they are: the database makes the values, or the plan said why it leaves them, and the owner agreed. */
function isAccepted({ plan, graph }: KeyScene, table: Table, index: Index): boolean {
  // Of a partition the plan tells nothing: its keys are those of the table above it.
  const above = table.parents[0] === undefined ? undefined : graph.table(table.parents[0])
  const whole = above?.indexes.find((one) => one.name === index.parent)
  if (above !== undefined && whole !== undefined) return isAccepted({ plan, graph }, above, whole)
  if (index.columns?.includes(plan.settings.tenantColumn) === true) return false
  if (index.columns?.length === 1 && isGenerated(table, index.columns[0] as string)) return true
  const name = displayName(table)
  const objects = new Set([`primary key ${index.name} on ${name}`, `unique ${index.name} on ${name}`])
  return plan.hazards.some((hazard) => keptKeys.includes(hazard.id) && objects.has(hazard.object))
}

/** The columns of an index, those in its expressions included. */
export function columnsIn(table: Table, index: Index): readonly string[] {
  const words = new Set(
    index.expressions
      .flatMap((expression) => expression.match(/"(?:[^"]|"")+"|\w+/g) ?? [])
      .map((word) => word.replaceAll('"', '')),
  )
  return table.columns.map((column) => column.name).filter((name) => words.has(name.replaceAll('"', '')))
}
