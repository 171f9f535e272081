import type { Comparison } from '../catalog/catalog.ts'
import { quoteIdentifier, quoteName } from '../sql/identifier.ts'

/** A foreign key as a condition on a row of each side. */
export interface Joined {
  readonly columns: readonly string[]
  readonly referencedColumns: readonly string[]
  readonly comparisons: readonly Comparison[]
}

/** The pairs of a key compared as the key itself compares them: with another operator, other rows would match. */
export function joinCondition(key: Joined, child: string, parent: string): string {
  return key.comparisons
    .map((comparison, at) => {
      const left = `${parent}.${quoteIdentifier(key.referencedColumns[at] as string)}`
      const right = `${child}.${quoteIdentifier(key.columns[at] as string)}`
      const collated = comparison.collation === null ? right : `${right} collate ${quoteName(comparison.collation)}`
      return `${left} operator(${quoteIdentifier(comparison.schema)}.${comparison.name}) ${collated}`
    })
    .join(' and ')
}
