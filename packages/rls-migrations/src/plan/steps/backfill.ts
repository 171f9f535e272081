import type { Table } from '../../catalog/catalog.ts'
import type { Derivation } from '../../derive/derivation.ts'
import { organizationOf, organizationOrDefault, type Organizations } from '../../derive/organization-expression.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { joinCondition } from '../../derive/join-condition.ts'
import { organizationsOf, tenantColumnOf, type PlanContext } from '../plan-context.ts'
import type { BatchedUpdate, Step } from '../step.ts'

/** Gives the rows that exist their organization, parents before children. */
export function planBackfill(context: PlanContext, table: Table, derivation: Derivation): Step {
  const { settings } = context
  const missing = `t0.${quoteIdentifier(settings.tenantColumn)} is null`
  return batchStep(table, 'backfill', {
    summary: `give the rows of ${displayName(table)} their organization`,
    update: {
      schema: table.schema,
      name: table.name,
      column: settings.tenantColumn,
      ...(joined(context, derivation, missing) ?? {
        value: organizationOrDefault(derivation, 't0', {
          organizations: organizationsOf(context) as Organizations,
          from: 'tenant',
        }),
        where: missing,
      }),
      silent: true,
      complete: false,
    },
  })
}

/** Along a single key a join is faster than a query for each row. Undefined when there are more, or rows that none leads from. */
function joined(
  { settings }: PlanContext,
  { edges }: Derivation,
  missing: string,
): Pick<BatchedUpdate, 'value' | 'from' | 'where'> | undefined {
  const [edge, ...others] = edges
  if (edge?.parent == null || others.length > 0 || settings.defaultOrganization !== null) return undefined
  const { table: parent, columns, comparisons } = edge.parent
  const join = joinCondition({ columns: edge.columns, referencedColumns: columns, comparisons }, 't0', 't1')
  return {
    value: `t1.${quoteIdentifier(tenantColumnOf(settings, parent))}`,
    from: `${quoteName(parent)} t1`,
    where: `${join} and ${missing}`,
  }
}

/**
 * Corrects the rows whose parent went to another organization while they were given theirs, and gives those one that had
 * none to get. It comes when triggers and keys follow every further move.
 */
export function planReconcile(context: PlanContext, table: Table, derivation: Derivation): Step {
  const { settings } = context
  const organizations = organizationsOf(context) as Organizations
  const column = `t0.${quoteIdentifier(settings.tenantColumn)}`
  const derived = organizationOf(derivation, 't0', { organizations, from: 'tenant' })
  return batchStep(table, 'reconcile', {
    summary: `correct rows of ${displayName(table)} that were moved meanwhile`,
    update: againOf(context, table, { derivation, where: `(${column} is null or ${column} <> ${derived})` }),
  })
}

/** The rows of transactions that were under way all the time, and saw parents without an organization. No more can come. */
export function planSweep(context: PlanContext, table: Table, derivation: Derivation): Step {
  const where = `t0.${quoteIdentifier(context.settings.tenantColumn)} is null`
  return batchStep(table, 'sweep', {
    summary: `look for rows of ${displayName(table)} that were missed`,
    update: { ...againOf(context, table, { derivation, where }), complete: true },
  })
}

function againOf(
  context: PlanContext,
  table: Table,
  { derivation, where }: { readonly derivation: Derivation; readonly where: string },
): BatchedUpdate {
  const organizations = organizationsOf(context) as Organizations
  return {
    schema: table.schema,
    name: table.name,
    column: context.settings.tenantColumn,
    value: organizationOrDefault(derivation, 't0', { organizations, from: 'tenant' }),
    where,
    // What hangs on the row must follow it: the triggers of the keys are needed here.
    silent: false,
    complete: false,
  }
}

function batchStep(
  table: Table,
  what: 'backfill' | 'reconcile' | 'sweep',
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
    statements: [updateStatement(update, '')],
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

/** The statement that writes the rows of a range, which is a condition that ends with `and`; or all of them. */
export function updateStatement(update: BatchedUpdate, range: string): string {
  const from = update.from === undefined ? '' : ` from ${update.from}`
  return `update only ${quoteName(update)} as t0 set ${quoteIdentifier(update.column)} = ${update.value}${from} where ${range}${update.where}`
}
