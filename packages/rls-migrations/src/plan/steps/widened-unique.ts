import type { Index, Key, Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier } from '../../sql/identifier.ts'
import type { PartitionTree } from '../../catalog/partition-tree.ts'
import { treeKeySteps, type TreeKey } from '../partitions/tree-key.ts'
import {
  fitsTenant,
  indexHoldsTenant,
  isCitus,
  sameColumns,
  tenantIndexName,
  treeOf,
  type PlanContext,
} from '../plan-context.ts'
import type { Step } from '../step.ts'
import { attachKeyStep } from './attach-key.ts'
import { isGeneratedKey } from '../primary-key.ts'
import { concurrentIndexStep, wideDefinition } from './concurrent-index.ts'
import { keysNeeded } from './tenant-key.ts'

/** A unique index of the host that must become unique within an organization, with the constraint on it when there is one. */
export interface NarrowUnique {
  readonly index: Index
  readonly constraint: Key | undefined
  /** The wide counterpart exists already as a compound key. */
  readonly covered: boolean
}

/** The unique constraints and indexes, the primary key aside, that would answer questions about other organizations. */
export function narrowUniques(context: PlanContext, table: Table): readonly NarrowUnique[] {
  const compound = keysNeeded(context, table)
  return table.indexes
    .filter((index) => index.unique && index.valid && index.method === 'btree' && fitsTenant(index.width))
    .filter((index) => !indexHoldsTenant(context, table, index))
    .map((index) => ({ index, constraint: table.keys.find((key) => key.name === index.constraint) }))
    .filter(({ constraint }) => constraint === undefined || constraint.kind === 'unique')
    .filter(
      ({ index }) => isCitus(context.settings) || !(index.columns !== null && isGeneratedKey(table, index.columns)),
    )
    .map(({ index, constraint }) => ({
      index,
      constraint,
      covered:
        index.predicate === null &&
        !index.nullsNotDistinct &&
        !(constraint?.deferrable ?? false) &&
        compound.some((columns) => index.columns !== null && sameColumns(columns, index.columns)),
    }))
}

/** Builds the wide counterparts beside the old uniques, with everything else as it was: expressions, INCLUDE, WHERE, NULLS NOT DISTINCT. */
export function planWidenedUniques(context: PlanContext, table: Table): readonly Step[] {
  return narrowUniques(context, table)
    .filter((unique) => !unique.covered)
    .flatMap(({ index, constraint }) => {
      const { tenantColumn } = context.settings
      const tree = treeOf(context, table)
      if (tree !== undefined)
        return treeKeySteps('widened-unique', wideTreeUnique(context, tree, { index, constraint }))
      const build = concurrentIndexStep('widened-unique', table, {
        name: tenantIndexName(context, table, index.name),
        unique: true,
        definition: wideDefinition(tenantColumn, index),
        firstColumn: tenantColumn,
        summary: `build unique (${[tenantColumn, ...index.expressions].join(', ')}) on ${displayName(table)}`,
      })
      if (constraint === undefined) return [build]
      const { deferrable, deferred } = constraint
      return [
        build,
        attachKeyStep('widened-unique', table, {
          name: tenantIndexName(context, table, constraint.name),
          columns: [tenantColumn, ...constraint.columns],
          deferrable,
          deferred,
        }),
      ]
    })
}

function wideTreeUnique(
  context: PlanContext,
  tree: PartitionTree,
  { index, constraint }: Pick<NarrowUnique, 'index' | 'constraint'>,
): TreeKey {
  const { tenantColumn } = context.settings
  return {
    tree,
    name: tenantIndexName(context, tree.table, index.name),
    unique: true,
    definition: wideDefinition(tenantColumn, index),
    firstColumn: tenantColumn,
    summary: `build unique (${[tenantColumn, ...index.expressions].join(', ')}) on ${displayName(tree.table)}`,
    constraint:
      constraint === undefined
        ? undefined
        : {
            clause: constraint.definition.replace('(', `(${quoteIdentifier(tenantColumn)}, `),
            columns: [tenantColumn, ...constraint.columns],
            timing: constraint.deferrable
              ? ` deferrable initially ${constraint.deferred ? 'deferred' : 'immediate'}`
              : '',
          },
  }
}
