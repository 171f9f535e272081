import type { ForeignKey, Table, View } from '../catalog/catalog.ts'
import { displayName, sameName } from '../sql/identifier.ts'
import { classOf, keepsOldForeignKey, legacyRoles, tenantForeignKeys, type PlanContext } from './plan-context.ts'
import type { Hazard } from './plan.ts'
import { primaryKeyHolders, widensPrimaryKey } from './primary-key.ts'

/** What of the host's will behave differently, or needs a decision that no tool can take. */
export function findHazards(context: PlanContext): readonly Hazard[] {
  return [
    ...context.tenantTables.flatMap((table) => [
      ...keyHazards(context, table),
      ...referenceHazards(context, table),
      ...accessHazards(context, table),
    ]),
    ...context.classifications
      .filter((one) => one.maybeShared === true && one.class === 'tenant')
      .map(({ table }) => maybeShared(table)),
    ...context.classifications
      .filter((one) => one.class === 'skipped' && one.table.kind !== 'table')
      .map(({ table }) => unsupported(table)),
    ...context.catalog.views.flatMap((view) => viewHazards(context, view)),
    ...functionHazards(context),
    ...ownerHazards(context),
  ]
}

function keyHazards(context: PlanContext, table: Table): Hazard[] {
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

function referenceHazards(context: PlanContext, table: Table): Hazard[] {
  const toPeople = table.foreignKeys.filter((one) => classOf(context, one.references) === 'user')
  return [
    ...tenantForeignKeys(context, table).flatMap((key) => hazardsOfKey(context, table, key)),
    ...toPeople.map((key): Hazard => ({
      id: 'user-reference',
      severity: 'notice',
      object: `foreign key ${key.name} on ${displayName(table)}`,
      message:
        'It tells whether a person exists, in any organization. Accepted: ids of people are no secret to who can guess them.',
    })),
  ]
}

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
  if (keepsOldForeignKey(context, key)) {
    found.push(['old-key-stays', `Before PostgreSQL 15 it stays beside its counterpart, for ON DELETE ${action}.`])
  }
  const parent = context.catalog.tables.find((one) => sameName(one, key.references))
  const before = parent?.triggers.length === 0 && table.triggers.some((trigger) => trigger.before)
  if (before && (key.onDelete === 'cascade' || key.onDelete === 'set null')) {
    found.push([
      'cascade-trigger',
      `A BEFORE trigger of ${name} runs under ON DELETE ${action} with the rights of the owner, whom no policy binds. Read what it does.`,
    ])
  }
  const object = `foreign key ${key.name} on ${name}`
  return found.map(([id, message]) => ({ id, severity: 'warning', object, message }))
}

function accessHazards(context: PlanContext, table: Table): Hazard[] {
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

function maybeShared(table: Table): Hazard {
  return {
    id: 'maybe-shared',
    severity: 'notice',
    object: displayName(table),
    message:
      'Looks like a list of values that every organization could share. It is isolated, to be safe; put it under "tables.shared" to share it.',
  }
}

function unsupported(table: Table): Hazard {
  return {
    id: 'table-kind',
    severity: 'blocking',
    object: displayName(table),
    message: 'Tables of this kind are not converted: the application has no access to it after the cut-over.',
  }
}

function viewHazards(context: PlanContext, view: View): Hazard[] {
  if (view.extension !== null) return []
  const name = displayName(view)
  if (view.kind === 'materialized') {
    return [
      {
        id: 'materialized-view',
        severity: 'warning',
        object: name,
        message:
          'A materialized view stores rows of every organization and can have no policy: the application cannot read it.',
      },
    ]
  }
  const readers = legacyRoles(context, view.grants).filter((role) => role !== 'public')
  const blind = readers.filter((role) =>
    view.reads.some((read) => {
      const table = context.catalog.tables.find((one) => sameName(one, read))
      return (
        table !== undefined &&
        table.owner !== role &&
        !table.grants.some((grant) => grant.role === role || grant.role === 'public')
      )
    }),
  )
  if (blind.length === 0) return []
  return [
    {
      id: 'view-reader',
      severity: 'warning',
      object: name,
      message: `${blind.join(', ')} may read the view, but not the tables below it: the view will refuse them. Grant them SELECT on ${view.reads.map(displayName).join(', ')}.`,
    },
  ]
}

function functionHazards(context: PlanContext): Hazard[] {
  return context.catalog.functions
    .filter((routine) => routine.extension === null)
    .map((routine) => ({
      id: 'definer-function',
      severity: 'warning',
      object: `${routine.kind} ${displayName(routine)}(${routine.arguments})`,
      message: routine.returnsTrigger
        ? `SECURITY DEFINER: it runs with the rights of ${routine.owner} until contract, and is bound to the tenant from then on.`
        : `SECURITY DEFINER: the application cannot call it until contract, and is bound to its tenant inside of it from then on.`,
    }))
}

function ownerHazards(context: PlanContext): Hazard[] {
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
