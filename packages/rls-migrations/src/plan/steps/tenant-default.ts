import type { Table } from '../../catalog/catalog.ts'
import { hasParents } from '../../catalog/partition-tree.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { columnExists, defaultIs, not } from '../checks.ts'
import { currentTenant, printedTransitionalDefault, transitionalDefault, type PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'

/** Contract: a row without a tenant is refused from here on, instead of falling to the default organization. */
export function planTenantDefault(context: PlanContext, table: Table): readonly Step[] {
  if (hasParents(table)) return []
  const { settings } = context
  const name = displayName(table)
  const alter = `alter table ${quoteName(table)} alter column ${quoteIdentifier(settings.tenantColumn)} set default`
  const object = `default of column ${settings.tenantColumn} on ${name}`
  const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const
  const printed = `${settings.controlSchema}.current_tenant_id()`
  return [
    {
      ...instant,
      id: `contract/${name}/default`,
      phase: 'contract',
      kind: 'default',
      table: name,
      summary: `end the default organization of new rows in ${name}`,
      statements: [`${alter} ${currentTenant(settings)}`],
      checks: [{ object, sql: defaultIs(table, settings.tenantColumn, printed) }],
      inverse: [
        {
          ...instant,
          id: `undo/${name}/default`,
          stage: 'enforcement',
          summary: `let new rows in ${name} fall to the default organization again`,
          statements: [`${alter} ${transitionalDefault(settings)}`],
          checks: [
            {
              object,
              // A rollback that is taken up again may have dropped the column already.
              sql: `${not(columnExists(table, settings.tenantColumn))} or ${defaultIs(
                table,
                settings.tenantColumn,
                printedTransitionalDefault(settings),
              )}`,
            },
          ],
        },
      ],
    },
  ]
}
