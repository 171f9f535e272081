import type { Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { columnExists, columnIs, defaultIs, not } from '../checks.ts'
import { descendants, hasParents } from '../../catalog/partition-tree.ts'
import { printedTransitionalDefault, transitionalDefault, type PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'
import { planOwnColumn } from './own-column.ts'

/**
 * Adds the tenant column. The default is STABLE: PostgreSQL evaluates it once and stores it as the value of every row
 * that exists, so the table gets its organization with no row touched, no trigger fired and nothing scanned.
 */
export function planTenantColumn(context: PlanContext, table: Table): readonly Step[] {
  // A table passes its columns on to its partitions and to those that inherit from it, in the same instant.
  if (hasParents(table)) return []
  const { settings } = context
  const below = descendants(context.children, table)
  const name = displayName(table)
  const column = (one: Table): string => `column ${settings.tenantColumn} on ${displayName(one)}`
  const own = table.columns.find((one) => one.name === settings.tenantColumn)
  if (context.converted.includes(table)) return []
  if (own !== undefined) return [planOwnColumn(context, table, own)]
  return [
    {
      id: `expand/${name}/tenant-column`,
      phase: 'expand',
      kind: 'tenant-column',
      table: name,
      summary: `add ${settings.tenantColumn} to ${name}, existing rows owned by "${settings.defaultOrganization?.slug}"`,
      mode: 'transaction',
      statements: [
        `alter table ${quoteName(table)} add column ${quoteIdentifier(settings.tenantColumn)} ${settings.keyType} not null default ${transitionalDefault(settings)}`,
      ],
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks: [
        { object: column(table), sql: columnIs(table, settings.tenantColumn, settings.keyType) },
        ...below.map((one) => ({
          object: column(one),
          sql: `to_regclass(${quoteLiteral(quoteName(one))}) is null or ${columnIs(one, settings.tenantColumn, settings.keyType)}`,
        })),
        {
          object: `default of ${column(table)}`,
          sql: defaultIs(table, settings.tenantColumn, printedTransitionalDefault(settings)),
          until: 'contract',
        },
      ],
      inverse: [
        {
          id: `undo/${name}/tenant-column`,
          stage: 'columns',
          summary: `drop ${settings.tenantColumn} from ${name}`,
          mode: 'transaction',
          statements: [`alter table ${quoteName(table)} drop column ${quoteIdentifier(settings.tenantColumn)}`],
          lock: 'ACCESS EXCLUSIVE',
          scans: false,
          rewrites: false,
          checks: [{ object: column(table), sql: not(columnExists(table, settings.tenantColumn)) }],
        },
      ],
    },
  ]
}
