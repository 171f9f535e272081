import type { Table } from '../../catalog/catalog.ts'
import { displayName, quoteColumns } from '../../sql/identifier.ts'
import { treeKeySteps } from '../partitions/tree-key.ts'
import {
  fitsTenant,
  indexHoldsTenant,
  indexStartsWithTenant,
  tenantIndexName,
  treeOf,
  type PlanContext,
} from '../plan-context.ts'
import type { Step } from '../step.ts'
import { concurrentIndexStep, wideDefinition } from './concurrent-index.ts'
import { keysNeeded } from './tenant-key.ts'
import { narrowUniques } from './widened-unique.ts'

/**
 * Compound counterparts of the host's B-tree indexes: below a policy every statement asks for one organization first. A
 * table that would be left without any index on the tenant gets a plain one.
 */
export function planTenantIndexes(context: PlanContext, table: Table): readonly Step[] {
  const { tenantColumn } = context.settings
  const name = displayName(table)
  const compound = new Set(keysNeeded(context, table).map((columns) => columns.join('\0')))
  const plain = table.indexes.filter(
    (index) => !index.unique && index.valid && !indexHoldsTenant(context, table, index),
  )
  for (const index of plain.filter((one) => one.method !== 'btree')) {
    context.hazards.push({
      id: 'index-method',
      severity: 'notice',
      object: `index ${index.name} on ${name}`,
      message: `The ${index.method} index stays as it is: it finds rows of every organization, and the policy filters them afterwards.`,
    })
  }
  const steps = plain
    .filter(
      (index) =>
        index.method === 'btree' &&
        fitsTenant(index.width) &&
        !indexStartsWithTenant(context, table, index) &&
        !(index.columns !== null && index.predicate === null && compound.has(index.columns.join('\0'))),
    )
    .flatMap((index) =>
      plainIndex(context, table, {
        name: tenantIndexName(context, table, index.name),
        definition: wideDefinition(tenantColumn, index),
        summary: `build index (${[tenantColumn, ...index.expressions].join(', ')}) on ${name}`,
      }),
    )
  const hasWhole =
    hasWholeAbove(context, table) ||
    compound.size > 0 ||
    narrowUniques(context, table).some((unique) => unique.index.predicate === null) ||
    plain.some((index) => index.method === 'btree' && index.predicate === null) ||
    table.indexes.some(
      (index) => index.valid && index.predicate === null && indexStartsWithTenant(context, table, index),
    )
  return hasWhole ? steps : [...steps, ...bareIndex(context, table)]
}

/** What a partitioned table has, its partitions have: it gets at least a bare index. */
function hasWholeAbove({ graph }: PlanContext, table: Table): boolean {
  return table.parents.some((name) => graph.table(name)?.partitionColumns !== null)
}

interface PlainIndex {
  readonly name: string
  readonly definition: string
  readonly summary: string
}

function plainIndex(context: PlanContext, table: Table, index: PlainIndex): readonly Step[] {
  const whole = { ...index, unique: false, firstColumn: context.settings.tenantColumn }
  const tree = treeOf(context, table)
  return tree === undefined
    ? [concurrentIndexStep('tenant-index', table, whole)]
    : treeKeySteps('tenant-index', { ...whole, tree })
}

function bareIndex(context: PlanContext, table: Table): readonly Step[] {
  const { tenantColumn } = context.settings
  return plainIndex(context, table, {
    name: context.names.index(table, table.name, tenantColumn, 'idx'),
    definition: `using btree (${quoteColumns([tenantColumn])})`,
    summary: `build index (${tenantColumn}) on ${displayName(table)}`,
  })
}
