import type { PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/** Owners whom nothing binds. */
export function ownerHazards(context: PlanContext): Hazard[] {
  const owners = [...new Set(context.tenantTables.map((table) => table.owner))].filter((owner) =>
    context.catalog.superusers.includes(owner),
  )
  return owners.map((owner) => ({
    id: 'superuser-owner',
    severity: 'warning',
    object: `role ${owner}`,
    message:
      'The owner of the tables is a superuser, whom nothing binds: FORCE has no effect on it. Never let the application log in as it.',
  }))
}
