import type { Policy, Table } from '../../catalog/catalog.ts'
import { displayName } from '../../sql/identifier.ts'
import { legacyRoles, type PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/** Roles and policies that the table has today. */
export function accessHazards(context: PlanContext, table: Table): Hazard[] {
  return [...roleHazards(context, table), ...policyHazards(table)]
}

/** Where row-level security is on already the roles see on what their own policies show them. */
function roleHazards(context: PlanContext, table: Table): Hazard[] {
  const roles = legacyRoles(context, table)
  if (roles.length === 0 || table.rowSecurity) return []
  const { app, operator } = context.settings.roles
  return [
    {
      id: 'legacy-role',
      severity: 'warning',
      object: `${roles.join(', ')} on ${displayName(table)}`,
      message: `Until contract they see every row. From contract on they see none, unless they become members of ${app} or ${operator}.`,
    },
  ]
}

function policyHazards(table: Table): Hazard[] {
  if (table.policies.length === 0) return []
  const name = displayName(table)
  const hazard = (id: string, policies: readonly Policy[], message: string): Hazard[] =>
    policies.length === 0
      ? []
      : [
          {
            id,
            severity: 'warning',
            object: `policies ${policies.map((policy) => policy.name).join(', ')} on ${name}`,
            message,
          },
        ]
  if (table.rowSecurity) {
    const message =
      'The table has policies of its own. They stay, and narrow what the application sees further, or open the table to other roles: verify names those that do.'
    return hazard('own-policy', table.policies, message)
  }
  const permissive = table.policies.filter((policy) => policy.permissive)
  const restrictive = table.policies.filter((policy) => !policy.permissive)
  return [
    ...hazard(
      'dormant-policy',
      restrictive,
      'Row-level security is off, so they do nothing today. Expand switches it on: from then on they take rows away from the roles that they name. Drop them first unless they are meant.',
    ),
    ...hazard(
      'dormant-policy',
      permissive,
      'Row-level security is off, so they do nothing today. Expand switches it on: from then on they let the roles that they name at rows of every organization, after contract as well. Drop them first unless they are meant.',
    ),
  ]
}

/** Members of roles of the server that hold privileges on every table, without a grant that says so. */
export function dataRoleHazards(context: PlanContext): Hazard[] {
  const { app, operator } = context.settings.roles
  return context.catalog.dataRoles.map(({ role, members }) => ({
    id: 'data-role',
    severity: 'warning',
    object: `members of ${role}: ${members.join(', ')}`,
    message: `They reach every table. Until contract they see every row, from contract on none, unless they become members of ${app} or ${operator}.`,
  }))
}
