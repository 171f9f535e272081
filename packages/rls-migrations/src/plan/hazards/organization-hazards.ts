import type { Table } from '../../catalog/catalog.ts'
import type { Derivation } from '../../derive/derivation.ts'
import { isComplete } from '../../derive/organization-expression.ts'
import { displayName, quoteIdentifier, sameName } from '../../sql/identifier.ts'
import { derivationIn, organizationsOf, type PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/** What the host should know of before its rows get the organizations of an adopted root. */
export function organizationHazards(context: PlanContext): readonly Hazard[] {
  if (context.root === undefined) return []
  const derived = context.tenantTables.map((table) => ({ table, derivation: derivationIn(context, table) }))
  return [
    ...derived.flatMap(({ table, derivation }) =>
      derivation?.source === 'derived'
        ? [
            ...triggerHazards(context, table),
            ...orphanHazards(context, table, derivation),
            ...unindexedHazards(table, derivation),
          ]
        : [],
    ),
    ...[context.root, ...context.tenantTables].flatMap((table) => rootReferenceHazards(context, table)),
  ]
}

/** The backfill updates every row: what the host does on an update, it would do for each. */
function triggerHazards(context: PlanContext, table: Table): Hazard[] {
  const { login } = context.catalog
  if (login.maySilenceTriggers) return []
  const grant = `grant set on parameter session_replication_role to ${quoteIdentifier(login.name)}`
  const advice =
    context.catalog.serverVersion >= 150000
      ? `Have a superuser run: ${grant}; the backfill is silent then.`
      : 'Only a superuser may silence it, before PostgreSQL 15: disable it for the time of the backfill, if the service can do without.'
  return table.triggers
    .filter((trigger) => trigger.everyUpdate)
    .map((trigger) => ({
      id: 'backfill-trigger',
      severity: 'blocking',
      object: `trigger ${trigger.name} on ${displayName(table)}`,
      message: `It runs for every row that is given its organization${trigger.stamps ? ', and would stamp each as changed now' : ''}. ${advice}`,
    }))
}

function orphanHazards(context: PlanContext, table: Table, derivation: Derivation): Hazard[] {
  const organizations = organizationsOf(context)
  if (organizations === undefined || isComplete(derivation, organizations)) return []
  const name = displayName(table)
  const message =
    organizations.defaultId === null
      ? `A row of it may reach no organization (${derivation.path}): from expand on, such a row is refused.`
      : `A row of it that reaches no organization (${derivation.path}) belongs to the default one.`
  return [{ id: 'orphan', severity: organizations.defaultId === null ? 'warning' : 'notice', object: name, message }]
}

/** A parent that goes to another organization takes its rows along, and they must be found. */
function unindexedHazards(table: Table, { edges, compared }: Derivation): Hazard[] {
  const leads = (columns: readonly string[]): boolean =>
    table.indexes.some(
      (index) =>
        index.valid && columns.every((column) => index.columns?.slice(0, columns.length).includes(column) === true),
    )
  return [...edges, ...compared].flatMap(({ constraint, columns, parent }) =>
    constraint === null || parent === null || leads(columns)
      ? []
      : [
          {
            id: 'unindexed-reference',
            severity: 'notice' as const,
            object: `foreign key ${constraint} on ${displayName(table)}`,
            message: `No index leads with (${columns.join(', ')}): a row of ${displayName(parent.table)} that goes to another organization takes its rows along, and has the whole table read for it.`,
          },
        ],
  )
}

/** References that name an organization and are not the row's own: the root's at itself, and what the configuration left out. */
function rootReferenceHazards(context: PlanContext, table: Table): Hazard[] {
  const { root } = context.settings
  if (root === null) return []
  const derivation = derivationIn(context, table)
  const own = [...(derivation?.edges ?? []), ...(derivation?.compared ?? [])].map((edge) => edge.constraint)
  return table.foreignKeys
    .filter((key) => sameName(key.references, root) && !own.includes(key.name))
    .map((key) => ({
      id: 'root-reference',
      severity: 'warning',
      object: `foreign key ${key.name} on ${displayName(table)}`,
      message: `It may name another organization than the row's own, and tells whether that organization exists${key.onDelete === 'cascade' ? '; and the row goes when that organization does' : ''}.`,
    }))
}
