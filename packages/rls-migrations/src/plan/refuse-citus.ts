import { TenancyError } from '@partywall/tenancy-core'
import type { Table } from '../catalog/catalog.ts'
import { displayName } from '../sql/identifier.ts'
import { classOf, isCitus, referencesTo, tenantForeignKeys, type PlanContext } from './plan-context.ts'
import { whyPrimaryKeyStays } from './primary-key.ts'
import { droppedUniques } from './steps/drop-uniques.ts'
import { narrowUniques } from './steps/widened-unique.ts'

/**
 * Refuses what Citus cannot keep, or would lose without an error.
 *
 * @throws TenancyError `CITUS_UNSUPPORTED` with each object and why.
 */
export function refuseCitus(context: PlanContext): void {
  if (!isCitus(context.settings)) return
  const reasons = [
    ...(context.root === undefined ? [] : ['root: an adopted root is not supported on Citus']),
    ...(context.settings.seal === undefined ? [] : ['seal: signed tokens are not supported on Citus']),
    ...context.tenantTables.flatMap((table) => [
      ...keyReasons(context, table),
      ...referenceReasons(context, table),
      ...(table.triggers.length === 0 ? [] : [`${displayName(table)}: a table with triggers cannot be distributed`]),
    ]),
    ...context.sharedTables
      .filter((table) => table.triggers.length > 0)
      .map((table) => `${displayName(table)}: a table with triggers cannot be copied to every node`),
  ]
  if (reasons.length === 0) return
  throw new TenancyError(
    'CITUS_UNSUPPORTED',
    `This schema cannot be distributed as it is. Nothing was changed:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`,
    { details: { reasons } },
  )
}

/** Every key must hold the distribution column: one that stays across all organizations cannot. */
function keyReasons(context: PlanContext, table: Table): readonly string[] {
  const name = displayName(table)
  const stays = whyPrimaryKeyStays(context, table)
  const dropped = droppedUniques(context, table)
  const held = narrowUniques(context, table).filter(({ index }) => !dropped.some((one) => one.index === index))
  const foreign = table.keys.filter((key) => key.kind === 'exclusion' || (key.temporal && key.kind === 'unique'))
  return [
    ...(stays === undefined || stays.reason === 'tenant'
      ? []
      : [`${name}: its primary key cannot take the organization (${stays.reason})`]),
    ...held.map(({ index }) => `${name}: the key ${index.name} cannot take the organization, since something needs it`),
    ...foreign.map((key) => `${name}: the constraint ${key.name} has no place for the organization`),
  ]
}

function referenceReasons(context: PlanContext, table: Table): readonly string[] {
  const name = displayName(table)
  const nulling = tenantForeignKeys(context, table)
    .filter((key) => key.onDelete === 'set null' || key.onDelete === 'set default')
    .map(
      (key) =>
        `${name}: ${key.name} has ON DELETE ${key.onDelete.toUpperCase()}, which Citus refuses on a key with the organization in it`,
    )
  const local = table.foreignKeys
    .filter((key) => !['tenant', 'shared'].includes(classOf(context, key.references) ?? ''))
    .map((key) => `${name}: ${key.name} references ${displayName(key.references)}, which stays on the coordinator`)
  const inward = referencesTo(context, table)
    .filter((one) => classOf(context, one.table) !== 'tenant')
    .map((one) => `${displayName(one.table)}: ${one.key.name} references ${name}, which is spread over the shards`)
  return [...nulling, ...local, ...inward]
}
