import type { Table } from '../../catalog/catalog.ts'
import { displayName, quoteColumns } from '../../sql/identifier.ts'
import {
  fitsTenant,
  indexHoldsTenant,
  indexStartsWithTenant,
  tenantIndexName,
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
    .map((index) =>
      concurrentIndexStep('tenant-index', table, {
        name: tenantIndexName(context, table, index.name),
        unique: false,
        definition: wideDefinition(tenantColumn, index),
        firstColumn: tenantColumn,
        summary: `build index (${[tenantColumn, ...index.expressions].join(', ')}) on ${name}`,
      }),
    )
  const hasWhole =
    compound.size > 0 ||
    narrowUniques(context, table).some((unique) => unique.index.predicate === null) ||
    plain.some((index) => index.method === 'btree' && index.predicate === null) ||
    table.indexes.some(
      (index) => index.valid && index.predicate === null && indexStartsWithTenant(context, table, index),
    )
  return hasWhole ? steps : [...steps, bareIndex(context, table)]
}

function bareIndex(context: PlanContext, table: Table): Step {
  const { tenantColumn } = context.settings
  return concurrentIndexStep('tenant-index', table, {
    name: context.names.index(table, table.name, tenantColumn, 'idx'),
    unique: false,
    definition: `using btree (${quoteColumns([tenantColumn])})`,
    firstColumn: tenantColumn,
    summary: `build index (${tenantColumn}) on ${displayName(table)}`,
  })
}
