import type { Index, Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { indexExists, indexIs, not } from '../checks.ts'
import type { Inverse, Phase, Step } from '../step.ts'

export interface ConcurrentIndex {
  readonly name: string
  readonly unique: boolean
  /** From the access method on: `using btree (a, b) where c`. */
  readonly definition: string
  readonly firstColumn: string
  readonly summary: string
  /** The phase that takes the index up into something else. */
  readonly until?: Phase
}

/** Builds an index without blocking anybody; what a broken build left behind is dropped before another try. */
export function concurrentIndexStep(kind: Step['kind'], table: Table, index: ConcurrentIndex): Step {
  const name = displayName(table)
  const qualified = { schema: table.schema, name: index.name }
  return {
    id: `expand/${name}/index-${index.name}`,
    phase: 'expand',
    kind,
    table: name,
    summary: index.summary,
    mode: 'concurrent',
    statements: [
      `create ${index.unique ? 'unique ' : ''}index concurrently ${quoteIdentifier(index.name)} on ${quoteName(table)} ${index.definition}`,
    ],
    index: quoteName(qualified),
    lock: 'SHARE UPDATE EXCLUSIVE',
    scans: true,
    rewrites: false,
    checks: [
      {
        object: `index ${index.name} on ${name}`,
        sql: indexIs(qualified, table, { unique: index.unique, first: index.firstColumn }),
        ...(index.until === undefined ? {} : { until: index.until }),
      },
    ],
    inverse: [dropIndexInverse(table, index.name)],
  }
}

/** Drops an index that the conversion built, wherever a rollback meets it. */
export function dropIndexInverse(table: Table, index: string): Inverse {
  const qualified = { schema: table.schema, name: index }
  return {
    id: `undo/${displayName(table)}/index-${index}`,
    stage: 'wide-indexes',
    summary: `drop index ${index}`,
    mode: 'concurrent',
    statements: [`drop index concurrently if exists ${quoteName(qualified)}`],
    lock: 'SHARE UPDATE EXCLUSIVE',
    scans: false,
    rewrites: false,
    checks: [{ object: `index ${index} on ${displayName(table)}`, sql: not(indexExists(qualified)) }],
  }
}

/** The definition of an index with the tenant in front of its key. */
export function wideDefinition(tenantColumn: string, index: Index): string {
  return `using ${index.method} (${quoteIdentifier(tenantColumn)}, ${index.keyAndRest.slice(1)}`
}
