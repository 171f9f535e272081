import type { Table } from '../../catalog/catalog.ts'
import { displayName } from '../../sql/identifier.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'
import { primaryKeyOf, widensPrimaryKey } from '../primary-key.ts'
import { droppedUniques } from '../steps/drop-uniques.ts'

/**
 * Between expand and contract the old unique and its counterpart stand side by side, and ON CONFLICT watches one of
 * them: the other one raises when two sessions insert the same new key in the same moment.
 */
export function upsertRaceHazards(context: PlanContext, table: Table): Hazard[] {
  // ON CONFLICT takes no deferrable key.
  const uniques = droppedUniques(context, table)
    .filter(({ constraint }) => constraint?.deferrable !== true)
    .map(({ index }) => index)
  const primary = widensPrimaryKey(context, table) ? primaryKeyOf(table)?.index : undefined
  return [...(primary === undefined ? [] : [primary]), ...uniques].map((index) => ({
    id: 'upsert-race',
    severity: 'notice',
    object: `unique ${index.name} on ${displayName(table)}`,
    message: `From expand to contract, concurrent INSERT ... ON CONFLICT (${index.expressions.join(', ')}) of one new key may fail with 23505 instead of taking the other branch. Retry such statements; once the key exists they do not fail.`,
  }))
}
