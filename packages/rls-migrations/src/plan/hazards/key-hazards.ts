import type { Table } from '../../catalog/catalog.ts'
import { displayName } from '../../sql/identifier.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'
import { keyHolders, primaryKeyOf, whyPrimaryKeyStays, type StayingKey } from '../primary-key.ts'
import { droppedUniques } from '../steps/drop-uniques.ts'
import { narrowUniques } from '../steps/widened-unique.ts'

/** Keys that stay across all organizations, or change what old code may name. */
export function keyHazards(context: PlanContext, table: Table): Hazard[] {
  return [...exclusionHazards(table), ...primaryKeyHazards(context, table), ...uniqueHazards(context, table)]
}

function exclusionHazards(table: Table): Hazard[] {
  return table.keys
    .filter((key) => key.kind === 'exclusion')
    .map((key) => ({
      id: 'exclusion',
      severity: 'warning',
      object: `constraint ${key.name} on ${displayName(table)}`,
      message: 'An exclusion constraint cannot be widened online: it stays across all organizations.',
    }))
}

function primaryKeyHazards(context: PlanContext, table: Table): Hazard[] {
  const primary = primaryKeyOf(table)?.key
  if (primary === undefined) return []
  const object = `primary key ${primary.name} on ${displayName(table)}`
  const stays = whyPrimaryKeyStays(context, table)
  return stays === undefined
    ? [namesNewKey(context, object, primary.columns.join(', '))]
    : stayingHazards(object, stays)
}

/** Keys with too many columns, or with a period, are told by `unsupportedKeyHazards`. */
function stayingHazards(object: string, stays: StayingKey): Hazard[] {
  switch (stays.reason) {
    case 'generated': {
      const message = 'The database makes its values, so it stays as it is. Accepted.'
      return [{ id: 'generated-key', severity: 'notice', object, message }]
    }
    case 'deferrable': {
      const message =
        'A deferrable primary key stays as it is, unique across all organizations: one organization can tell which keys another one uses.'
      return [{ id: 'deferrable-key', severity: 'warning', object, message }]
    }
    case 'held':
      return [held('key-held', object, stays.holders)]
    case 'tenant':
    case 'temporal':
    case 'width':
      return []
  }
}

function uniqueHazards(context: PlanContext, table: Table): Hazard[] {
  const dropped = droppedUniques(context, table).map(({ index }) => index)
  return narrowUniques(context, table).flatMap(({ index, constraint }) => {
    const object = `unique ${index.name} on ${displayName(table)}`
    if (!dropped.includes(index))
      return [held('unique-held', object, keyHolders(context, table, { key: constraint, index }))]
    // ON CONFLICT takes no deferrable key.
    return constraint?.deferrable === true ? [] : [namesNewKey(context, object, index.expressions.join(', '))]
  })
}

function held(id: string, object: string, holders: readonly string[]): Hazard {
  return {
    id,
    severity: 'warning',
    object,
    message: `The ${holders.join(' and the ')} needs it, so it stays unique across all organizations.`,
  }
}

function namesNewKey(context: PlanContext, object: string, key: string): Hazard {
  return {
    id: 'on-conflict',
    severity: 'notice',
    object,
    message: `From contract on, ON CONFLICT (${key}) must name (${context.settings.tenantColumn}, ${key}).`,
  }
}
