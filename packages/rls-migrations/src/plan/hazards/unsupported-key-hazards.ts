import type { ForeignKey, Index, Table } from '../../catalog/catalog.ts'
import { displayName } from '../../sql/identifier.ts'
import { classOf, fitsTenant, type PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/** Keys that cannot carry the tenant, whatever is done to them: they stay, and look across organizations. */
export function unsupportedKeyHazards(context: PlanContext, table: Table): Hazard[] {
  return [
    ...table.keys.filter((key) => key.temporal).map((key) => temporalKey(table, key.name)),
    ...table.indexes
      .filter((index) => !fitsTenant(index.width) && index.method === 'btree')
      .map((index) => wideIndex(table, index)),
    ...table.foreignKeys
      .filter((key) => classOf(context, key.references) === 'tenant')
      .flatMap((key) => unsupportedReference(table, key)),
  ]
}

function temporalKey(table: Table, name: string): Hazard {
  return {
    id: 'temporal-key',
    severity: 'warning',
    object: `${kindOf(table, name)} ${name} on ${displayName(table)}`,
    message:
      'A key WITHOUT OVERLAPS stays as it is, across all organizations: one organization can tell which keys and times another one uses.',
  }
}

function wideIndex(table: Table, index: Index): Hazard {
  const name = displayName(table)
  const cause = 'It has as many columns as PostgreSQL allows, and no room for the tenant'
  return index.unique
    ? {
        id: 'key-width',
        severity: 'blocking',
        object: `${kindOf(table, index.constraint)} ${index.name} on ${name}`,
        message: `${cause}: it would stay unique across all organizations.`,
      }
    : {
        id: 'index-width',
        severity: 'notice',
        object: `index ${index.name} on ${name}`,
        message: `${cause}: it gets no counterpart.`,
      }
}

function unsupportedReference(table: Table, key: ForeignKey): Hazard[] {
  const object = `foreign key ${key.name} on ${displayName(table)}`
  const may = "rows may reference another organization's"
  if (key.temporal) {
    const message = `A foreign key with PERIOD stays as it is: ${may}. Let the service check the reference.`
    return [{ id: 'temporal-key', severity: 'warning', object, message }]
  }
  if (!key.enforced) {
    const message = `NOT ENFORCED: PostgreSQL does not check it, so it gets no counterpart with the tenant, and ${may}.`
    return [{ id: 'not-enforced', severity: 'warning', object, message }]
  }
  if (fitsTenant(key.columns.length)) return []
  const message = `It has as many columns as PostgreSQL allows, and no room for the tenant: ${may}.`
  return [{ id: 'key-width', severity: 'blocking', object, message }]
}

function kindOf(table: Table, constraint: string | null): string {
  return table.keys.find((key) => key.name === constraint)?.kind === 'primary' ? 'primary key' : 'unique'
}
