import { isCitus, requireTenant, tenantForeignKeys, type PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'
import { displayName } from '../../sql/identifier.ts'

/** What the service must do on Citus, beyond what a single server asks of it. */
export function citusHazards(context: PlanContext): Hazard[] {
  const { settings } = context
  if (!isCitus(settings)) return []
  const hazard = (id: string, object: string, message: string): Hazard => ({ id, severity: 'warning', object, message })
  return [
    hazard(
      'citus-filter',
      'every statement',
      `Name ${settings.tenantColumn} = $n in each one: ${requireTenant(settings)} in a policy keeps organizations apart, but sends the statement to every shard, locks them all for UPDATE and DELETE, and some joins without the filter end the node that plans them.`,
    ),
    hazard(
      'citus-context',
      'every transaction',
      `Begin each unit with BEGIN; select ${settings.controlSchema}.set_tenant($1), outside of any savepoint: a setting that is made otherwise does not reach the workers, and they refuse.`,
    ),
    hazard(
      'citus-topology',
      'the cluster',
      'Keep the coordinator without shards, and the application away from the workers: where a shard is local, COPY and INSERT ... SELECT write past the policies.',
    ),
    hazard(
      'citus-copy',
      'enforce',
      'Distributing a table copies its rows while writers wait. Plan for that, or distribute while the service is down.',
    ),
    ...context.tenantTables.flatMap((table) =>
      tenantForeignKeys(context, table)
        .filter((key) => key.onUpdate !== 'no action' && key.onUpdate !== 'restrict')
        .map((key) =>
          hazard(
            'citus-on-update',
            `foreign key ${key.name} on ${displayName(table)}`,
            `ON UPDATE ${key.onUpdate.toUpperCase()} becomes NO ACTION: Citus takes no other on a key with the organization in it.`,
          ),
        ),
    ),
  ]
}
