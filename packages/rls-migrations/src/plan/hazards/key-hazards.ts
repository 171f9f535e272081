import type { Table } from '../../catalog/catalog.ts'
import { displayName } from '../../sql/identifier.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'
import { primaryKeyHolders, widensPrimaryKey } from '../primary-key.ts'

/** Keys that stay across all organizations, or change what old code may name. */
export function keyHazards(context: PlanContext, table: Table): Hazard[] {
  const name = displayName(table)
  const primary = table.keys.find((key) => key.kind === 'primary')
  const exclusions = table.keys.filter((key) => key.kind === 'exclusion')
  const hazards: Hazard[] = exclusions.map((key) => ({
    id: 'exclusion',
    severity: 'warning',
    object: `constraint ${key.name} on ${name}`,
    message: 'An exclusion constraint cannot be widened online: it stays across all organizations.',
  }))
  if (primary !== undefined && !widensPrimaryKey(context, table)) {
    const holders = primaryKeyHolders(context, table)
    hazards.push(
      holders.length === 0
        ? {
            id: 'generated-key',
            severity: 'notice',
            object: `primary key ${primary.name} on ${name}`,
            message: 'The database makes its values, so it stays as it is. Accepted.',
          }
        : {
            id: 'key-held',
            severity: 'warning',
            object: `primary key ${primary.name} on ${name}`,
            message: `The ${holders.join(' and the ')} needs it, so it stays unique across all organizations.`,
          },
    )
  }
  if (primary !== undefined && widensPrimaryKey(context, table)) {
    hazards.push({
      id: 'on-conflict',
      severity: 'notice',
      object: `primary key ${primary.name} on ${name}`,
      message: `From contract on, ON CONFLICT (${primary.columns.join(', ')}) must name (${[context.settings.tenantColumn, ...primary.columns].join(', ')}).`,
    })
  }
  return hazards
}
