import type { Actor } from '../catalog/catalog.ts'
import { actorQuery, newTableQuery, schemaQuery } from '../catalog/catalog-queries.ts'
import { readOpenDefaults } from '../catalog/read-catalog.ts'
import type { Conversion } from '../conversion.ts'
import type { Session } from '../database/session.ts'
import { defaultPrivilegeHazards } from '../plan/hazards/default-privilege-hazards.ts'
import type { Hazard, Plan } from '../plan/plan.ts'
import { displayName, quoteIdentifier, type QualifiedName } from '../sql/identifier.ts'

/**
 * What has come into the database since its plan was frozen and the plan knows nothing of. Empty before: a plan that is
 * made now knows everything. Reads the catalog only.
 */
export async function findDrift(
  session: Session,
  { plan, frozen, state }: Conversion,
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
  return [
    ...rows.map((table) => (table.root === null ? newTable(table, plan) : newPartition(table, table.root))),
    ...defaults.filter((hazard) => !known.has(hazard.object)),
    ...(await silentLogins(session, { plan, state })),
  ]
}

/** Logins that became members of an owner after the plan was made: under FORCE they see no rows, and nothing says so. */
async function silentLogins(session: Session, { plan, state }: Pick<Conversion, 'plan' | 'state'>): Promise<Hazard[]> {
  if (state?.phase !== 'enforce') return []
  const { settings, tables } = plan
  const schemas = [...new Set(tables.tenant.map((table) => table.schema))]
  const { rows: actors } = await session.query<{ document: Actor }>(actorQuery, [schemas])
  const { rows: set } = await session.query<{ role: string }>(loudRoleQuery)
  const ours = Object.values(settings.roles)
  return actors
    .map(({ document }) => document)
    .filter(({ login, rightsOf }) => login === settings.login || !rightsOf.some((role) => ours.includes(role)))
    .filter(({ login }) => !set.some(({ role }) => role === login))
    .map(({ login, owner }) => ({
      id: 'silent-login',
      severity: 'warning',
      object: `login ${login}`,
      message: `It acts as ${owner}, whose tables show it no rows without an error. Run: alter role ${quoteIdentifier(login)} in database ${quoteIdentifier(plan.database)} set row_security = off`,
    }))
}

const loudRoleQuery = `
select r.rolname as role from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
where s.setdatabase in (0, (select oid from pg_database where datname = current_database())) and 'row_security=off' = any (s.setconfig)`

interface NewTable extends QualifiedName {
  /** Whether the application reaches it. */
  readonly open: boolean
  /** The table of the plan that it is a partition of. */
  readonly root: QualifiedName | null
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
    message: `It came after the plan was made, and has no part in it yet: ${reach}.`,
  }
}

/** The policies of a table bind what is asked through it; a partition that is asked by its own name has only its own. */
function newPartition(table: NewTable, root: QualifiedName): Hazard {
  const through = `It came after the plan was made. Asked through ${displayName(root)} its rows are behind the policies there; it has none of its own`
  return {
    id: 'unplanned-partition',
    severity: table.open ? 'warning' : 'notice',
    object: displayName(table),
    message: table.open
      ? `${through}, and the application reaches it by its name: revoke what it or PUBLIC holds.`
      : `${through}, and the application has no access to it by its name.`,
  }
}
