import { conditionsOf, type PlanNode } from './plan-conditions.ts'

/** A condition that found rows by an index, and only throws rows away below the policies. */
export interface Demotion {
  readonly table: string
  readonly index: string
  readonly condition: string
}

/** Compares the plans of one statement without the policies and below them. */
export function findDemotions(before: PlanNode, after: PlanNode): readonly Demotion[] {
  const now = conditionsOf(after)
  return conditionsOf(before).flatMap(({ relation, alias, indexes, found }) => {
    const same = now.filter((one) => one.relation === relation && one.alias === alias)
    const stillFound = new Set(same.flatMap((one) => one.found))
    const filtered = new Set(same.flatMap((one) => one.filtered))
    return found
      .filter((condition) => !stillFound.has(condition) && filtered.has(condition))
      .map((condition) => ({ table: relation, index: indexes.join(', '), condition }))
  })
}
