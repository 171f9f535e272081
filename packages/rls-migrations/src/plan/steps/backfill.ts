import type { Table } from '../../catalog/catalog.ts'
import type { Derivation } from '../../derive/derivation.ts'
import { organizationOf, organizationOrDefault, type Organizations } from '../../derive/organization-expression.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { organizationsOf, type PlanContext } from '../plan-context.ts'
import type { BatchedUpdate, Step } from '../step.ts'

/** Gives the rows that exist their organization, parents before children. */
export function planBackfill(context: PlanContext, table: Table, derivation: Derivation): Step {
  const { settings } = context
  const organizations = organizationsOf(context) as Organizations
  return batchStep(table, 'backfill', {
    summary: `give the rows of ${displayName(table)} their organization`,
    update: {
      schema: table.schema,
      name: table.name,
      column: settings.tenantColumn,
      value: organizationOrDefault(derivation, 't0', organizations),
      where: `t0.${quoteIdentifier(settings.tenantColumn)} is null`,
      silent: true,
      complete: false,
    },
  })
}

/**
 * Corrects the rows whose parent went to another organization while they were given theirs. It comes when the foreign
 * keys guard new rows and carry every further move along, and before they are proved.
 */
export function planReconcile(context: PlanContext, table: Table, derivation: Derivation): Step {
  const { settings } = context
  const organizations = organizationsOf(context) as Organizations
  const column = `t0.${quoteIdentifier(settings.tenantColumn)}`
  const derived = organizationOf(derivation, 't0', { organizations, from: 'tenant' })
  return batchStep(table, 'reconcile', {
    summary: `correct rows of ${displayName(table)} that were moved meanwhile`,
    update: {
      schema: table.schema,
      name: table.name,
      column: settings.tenantColumn,
      value: organizationOrDefault(derivation, 't0', organizations),
      where: `(${column} is null or ${column} <> ${derived})`,
      // What hangs on the row must follow it: the triggers of the keys are needed here.
      silent: false,
      complete: true,
    },
  })
}

function batchStep(
  table: Table,
  what: 'backfill' | 'reconcile',
  { summary, update }: { readonly summary: string; readonly update: BatchedUpdate },
): Step {
  const name = displayName(table)
  return {
    id: `expand/${name}/${what}`,
    phase: 'expand',
    kind: 'backfill',
    table: name,
    summary,
    mode: 'batches',
    statements: [
      `update only ${quoteName(table)} as t0 set ${quoteIdentifier(update.column)} = ${update.value} where ${update.where}`,
    ],
    batches: update,
    lock: 'none',
    scans: true,
    rewrites: false,
    // Rows, and no fact of the catalog: the journal remembers how far it came.
    checks: [],
    // The column goes with its values.
    inverse: [],
  }
}
