import type { Table } from '../../catalog/catalog.ts'
import { displayName } from '../../sql/identifier.ts'
import { legacyRoles, type PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/** Roles and policies that the table has today. */
export function accessHazards(context: PlanContext, table: Table): Hazard[] {
  const name = displayName(table)
  const roles = legacyRoles(context, table.grants)
  const hazards: Hazard[] = []
  if (roles.length > 0) {
    hazards.push({
      id: 'legacy-role',
      severity: 'warning',
      object: `${roles.join(', ')} on ${name}`,
      message: `Until contract they see every row. From contract on they see none, unless they become members of ${context.settings.roles.app} or ${context.settings.roles.operator}.`,
    })
  }
  if (table.policies.length > 0) {
    hazards.push({
      id: 'own-policy',
      severity: 'warning',
      object: `policies ${table.policies.join(', ')} on ${name}`,
      message:
        'The table has policies of its own. They stay, and narrow what the application sees further, or open the table to other roles.',
    })
  }
  return hazards
}
