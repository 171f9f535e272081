import type { Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { columnHasDefault, defaultIs, not } from '../checks.ts'
import { currentTenant, type PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'

const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const

/** A tenant column that the host has already gets the tenant in scope as its default; one that has a default keeps it. */
export function planHostTenantDefault(context: PlanContext, table: Table): readonly Step[] {
  const { settings } = context
  const { tenantColumn } = settings
  if (table.columns.some((column) => column.name === tenantColumn && column.default !== null)) return []
  const name = displayName(table)
  const alter = `alter table ${quoteName(table)} alter column ${quoteIdentifier(tenantColumn)}`
  const object = `default of column ${tenantColumn} on ${name}`
  return [
    {
      ...instant,
      id: `expand/${name}/tenant-default`,
      phase: 'expand',
      kind: 'tenant-column',
      table: name,
      summary: `let ${tenantColumn} of ${name}, which is there already, default to the tenant in scope`,
      statements: [`${alter} set default ${currentTenant(settings)}`],
      checks: [{ object, sql: defaultIs(table, tenantColumn, `${settings.controlSchema}.current_tenant_id()`) }],
      inverse: [
        {
          ...instant,
          id: `undo/${name}/tenant-default`,
          stage: 'columns',
          summary: `drop the default of ${tenantColumn} on ${name}`,
          statements: [`${alter} drop default`],
          checks: [{ object, sql: not(columnHasDefault(table, tenantColumn)) }],
        },
      ],
    },
  ]
}
