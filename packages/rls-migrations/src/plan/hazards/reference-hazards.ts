import type { ForeignKey, ForeignKeyAction, Table } from '../../catalog/catalog.ts'
import { belongsToOrganizations } from '../../classify/classify-tables.ts'
import { displayName } from '../../sql/identifier.ts'
import { classOf, triggersDelete, referencesTo, tenantForeignKeys, type PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/** Foreign keys whose counterpart behaves differently. */
export function referenceHazards(context: PlanContext, table: Table): Hazard[] {
  const toPeople = table.foreignKeys.filter((one) => classOf(context, one.references) === 'user')
  const toSkipped = table.foreignKeys.filter((one) => classOf(context, one.references) === 'skipped')
  return [
    ...tenantForeignKeys(context, table).flatMap((key) => hazardsOfKey(context, table, key)),
    ...toPeople.map((key): Hazard => ({
      id: 'user-reference',
      severity: 'notice',
      object: `foreign key ${key.name} on ${displayName(table)}`,
      message:
        'It tells whether a person exists, in any organization. Accepted: ids of people are no secret to who can guess them.',
    })),
    ...toSkipped.map((key): Hazard => ({
      id: 'skipped-reference',
      severity: 'warning',
      object: `foreign key ${key.name} on ${displayName(table)}`,
      message: `It tells every organization whether a row of ${displayName(key.references)} exists, which the application cannot read.`,
    })),
  ]
}

/**
 * Foreign keys of rows that no policy keeps apart at tenant rows. Their actions run with the rights of the owner, and
 * from the shared row they go on into every organization that references it.
 */
export function inwardReferenceHazards(context: PlanContext): Hazard[] {
  return context.tenantTables.flatMap((parent) =>
    referencesTo(context, parent)
      .filter(({ table }) => !belongsToOrganizations(classOf(context, table)))
      .flatMap((reference) => inwardHazard(context, parent, reference)),
  )
}

function inwardHazard(
  context: PlanContext,
  parent: Table,
  { table, key }: { table: Table; key: ForeignKey },
): Hazard[] {
  const actions = [
    ...(changes(key.onDelete) ? [`ON DELETE ${key.onDelete.toUpperCase()}`] : []),
    ...(changes(key.onUpdate) ? [`ON UPDATE ${key.onUpdate.toUpperCase()}`] : []),
  ]
  if (actions.length === 0) return []
  const name = displayName(table)
  // A row that goes takes along whatever references it; a table that nothing references ends the chain.
  const shared =
    classOf(context, table) === 'user' || referencesTo(context, table).some((one) => changes(one.key.onDelete))
  return [
    {
      id: 'inward-reference',
      severity: key.onDelete === 'cascade' && shared ? 'blocking' : 'warning',
      object: `foreign key ${key.name} on ${name}`,
      message: `${name} has no tenant, and an organization that changes its rows of ${displayName(parent)} changes those of ${name} by ${actions.join(' and ')}, and what hangs on them in every organization. Replace the action by NO ACTION.`,
    },
  ]
}

const changes = (action: ForeignKeyAction): boolean => action !== 'no action' && action !== 'restrict'

function hazardsOfKey(context: PlanContext, table: Table, key: ForeignKey): Hazard[] {
  const name = displayName(table)
  const found: [id: string, message: string][] = []
  if (!key.validated) {
    found.push(['not-validated', 'It was never validated, so its counterpart is not either: rows of old may cross.'])
  }
  if (key.match === 'full') {
    const message = 'MATCH FULL becomes MATCH SIMPLE: a reference that is null in part is not checked any more.'
    found.push(['match-full', message])
  }
  if (key.onUpdate === 'set null' || key.onUpdate === 'set default') {
    const action = key.onUpdate.toUpperCase()
    found.push(['on-update', `ON UPDATE ${action} becomes NO ACTION: it would change the tenant as well.`])
  }
  const action = key.onDelete.toUpperCase()
  if (triggersDelete(context, key)) {
    found.push([
      'delete-trigger',
      `Before PostgreSQL 15 a trigger of ${displayName(key.references)} does ON DELETE ${action}, with the rights of whoever deletes: a role that may not update ${name} cannot delete a row that it references.`,
    ])
  }
  const before = table.triggers.some((trigger) => trigger.before)
  if (before && (key.onDelete === 'cascade' || key.onDelete === 'set null')) {
    found.push([
      'cascade-trigger',
      `A BEFORE trigger of ${name} runs under ON DELETE ${action} with the rights of the owner, whom no policy binds. Read what it does.`,
    ])
  }
  const object = `foreign key ${key.name} on ${name}`
  return found.map(([id, message]) => ({ id, severity: 'warning', object, message }))
}
