import { newTableQuery, schemaQuery } from '../catalog/catalog-queries.ts'
import { readOpenDefaults } from '../catalog/read-catalog.ts'
import type { Conversion } from '../conversion.ts'
import type { Session } from '../database/session.ts'
import { defaultPrivilegeHazards } from '../plan/hazards/default-privilege-hazards.ts'
import type { Hazard, Plan } from '../plan/plan.ts'
import { displayName, type QualifiedName } from '../sql/identifier.ts'

/**
 * What has come into the database since its plan was frozen and the plan knows nothing of. Empty before: a plan that is
 * made now knows everything. Reads the catalog only.
 */
export async function findDrift(
  session: Session,
  { plan, frozen }: Conversion,
  schemas: readonly string[] | undefined,
): Promise<readonly Hazard[]> {
  if (!frozen) return []
  const { rows: host } = await session.query<{ name: string }>(schemaQuery, [plan.settings.controlSchema])
  const { rows } = await session.query<NewTable>(newTableQuery, [
    JSON.stringify(knownTables(plan)),
    schemas ?? host.map((one) => one.name),
    plan.settings.roles.app,
  ])
  const known = new Set(plan.hazards.map((hazard) => hazard.object))
  const defaults = defaultPrivilegeHazards(await readOpenDefaults(session))
  return [...rows.map((table) => newTable(table, plan)), ...defaults.filter((hazard) => !known.has(hazard.object))]
}

interface NewTable extends QualifiedName {
  /** Whether the application reaches it. */
  readonly open: boolean
}

function knownTables({ tables }: Plan): readonly QualifiedName[] {
  return Object.values(tables)
    .flat()
    .map(({ schema, name }) => ({ schema, name }))
}

function newTable(table: NewTable, { settings }: Plan): Hazard {
  const reach = table.open
    ? `${settings.roles.app} reaches it, and every row of it: revoke what it or PUBLIC holds`
    : 'the application has no access to it'
  return {
    id: 'unplanned-table',
    severity: 'warning',
    object: displayName(table),
    message: `It came after the plan was made, and has no part in it: ${reach}.`,
  }
}
