import type { Column, Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { columnIs, defaultIs, not } from '../checks.ts'
import { printedTransitionalDefault, transitionalDefault, type PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'

/**
 * A table that came after the conversion may have the tenant column from the host's own migration. It keeps it, on a
 * rollback as well, and gets the default that the column has in all tables.
 */
export function planOwnColumn(context: PlanContext, table: Table, own: Column): Step {
  const { settings } = context
  const name = displayName(table)
  const alter = `alter table ${quoteName(table)} alter column ${quoteIdentifier(settings.tenantColumn)}`
  const accessor = `${settings.controlSchema}.current_tenant_id()`
  const column = `column ${settings.tenantColumn} on ${name}`
  const isOurs = defaultIs(table, settings.tenantColumn, printedTransitionalDefault(settings))
  const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const
  // A default that calls our function goes with the function.
  const before = own.default === null || own.default.includes(accessor) ? 'drop default' : `set default ${own.default}`
  return {
    ...instant,
    id: `expand/${name}/tenant-column`,
    phase: 'expand',
    kind: 'tenant-column',
    table: name,
    summary: `give ${settings.tenantColumn} of ${name} the default of the other tables`,
    statements: [`${alter} set default ${transitionalDefault(settings)}`],
    checks: [
      { object: column, sql: columnIs(table, settings.tenantColumn, settings.keyType) },
      { object: `default of ${column}`, sql: isOurs, until: 'contract' },
    ],
    inverse: [
      {
        ...instant,
        id: `undo/${name}/tenant-column`,
        stage: 'columns',
        summary: `give ${settings.tenantColumn} of ${name} its own default back`,
        statements: [`${alter} ${before}`],
        checks: [{ object: `default of ${column}`, sql: not(isOurs) }],
      },
    ],
  }
}
