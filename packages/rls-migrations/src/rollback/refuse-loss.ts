import { TenancyError } from '@partywall/tenancy-core'
import { readAcrossOrganizations } from '../database/read-across-organizations.ts'
import type { Session } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'
import type { Guard, Inverse } from '../plan/step.ts'
import { refuseDependents } from './refuse-dependents.ts'
import { byName, pathOf } from '../catalog/schema-graph.ts'
import { organizationOf } from '../derive/organization-expression.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName, type QualifiedName } from '../sql/identifier.ts'
import type { RollbackTarget } from './plan-rollback.ts'

interface LossOptions {
  readonly session: Session
  readonly plan: Plan
  readonly operations: readonly Inverse[]
  readonly to: RollbackTarget
}

/** Looks, before anything is changed, for rows that a rollback would have to drop or to mix. */
export async function refuseLoss({ session, plan, operations, to }: LossOptions): Promise<void> {
  const converted = await convertedTables(session, plan)
  await readAcrossOrganizations(session, plan.settings, async () => {
    // With an adopted root there were organizations before the conversion, and there will be after it.
    const others = to === 'contract' || plan.settings.root !== null ? [] : await otherOrganizations(session, plan)
    await refuseCollisions(session, { operations, converted, others })
    if (to !== 'contract') await refuseMerge(session, plan, { converted, organizations: others })
  })
  if (to === 'none') await refuseDependents(session, plan)
}

interface ConvertedTable extends QualifiedName {
  readonly display: string
  /** Its rows show in the table above it. */
  readonly isBelow: boolean
}

async function convertedTables(session: Session, plan: Plan): Promise<readonly ConvertedTable[]> {
  const { rows } = await session.query<{ schema: string; name: string; below: boolean }>(
    `select n.nspname as schema, c.relname as name, exists (select from pg_inherits i where i.inhrelid = c.oid) as below from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where a.attname = $1 and not a.attisdropped and c.relkind in ('r', 'p')`,
    [plan.settings.tenantColumn],
  )
  const present = byName(rows)
  return plan.tables.tenant.flatMap(({ schema, name }) => {
    const found = present.get(pathOf({ schema, name }))
    return found === undefined ? [] : [{ display: displayName(found), schema, name, isBelow: found.below }]
  })
}

/** Rows that an old unique key would refuse. */
interface Collision {
  readonly table: string
  readonly reason: string
  /** How many values of the key more than one row has. */
  readonly keys: number
  /** Some of them, each with its number of rows. */
  readonly rows: readonly unknown[]
}

/** The guard shows some of the keys; the number of all says how much work it is to resolve them. */
async function countKeys(session: Session, guard: Guard): Promise<number> {
  const { rows } = await session.query<{ keys: number }>(
    `select count(*)::int as keys from (${guard.sql.replace(/ limit \d+$/, '')}) all_keys`,
  )
  return rows[0]?.keys ?? 0
}

interface CollisionOptions {
  readonly operations: readonly Inverse[]
  readonly converted: readonly ConvertedTable[]
  readonly others: readonly string[]
}

async function refuseCollisions(session: Session, { operations, converted, others }: CollisionOptions): Promise<void> {
  const collisions: Collision[] = []
  for (const guard of operations.flatMap((operation) => operation.guards ?? [])) {
    if (!converted.some((table) => table.display === guard.table)) continue
    const { rows } = await session.query(guard.sql)
    if (rows.length === 0) continue
    collisions.push({ table: guard.table, reason: guard.reason, keys: await countKeys(session, guard), rows })
  }
  if (collisions.length === 0) return
  const lines = collisions.flatMap(({ table, reason, keys, rows }) => [
    `${table}: ${reason}: ${keys} ${keys === 1 ? 'key' : 'keys'}`,
    ...rows.map((row) => `  ${JSON.stringify(row)}`),
    ...(keys > rows.length ? [`  and ${keys - rows.length} more`] : []),
  ])
  if (others.length > 0) lines.push(`These organizations would have to go as well: ${others.join(', ')}`)
  throw new TenancyError(
    'ROLLBACK_WOULD_COLLIDE',
    `The old unique keys cannot come back: rows share them now. Nothing was changed.\n${lines.join('\n')}`,
    {
      details: { collisions },
    },
  )
}

async function refuseMerge(
  session: Session,
  plan: Plan,
  { converted, organizations }: { converted: readonly ConvertedTable[]; organizations: readonly string[] },
): Promise<void> {
  const strangers: { table: string; rows: number }[] = []
  for (const table of converted.filter((one) => !one.isBelow)) {
    const { rows } = await session.query<{ rows: number }>(
      `select count(*)::int as rows from ${quoteName(table)} t0 where ${isStranger(plan, table)}`,
    )
    if ((rows[0]?.rows ?? 0) > 0) strangers.push({ table: table.display, rows: rows[0]?.rows ?? 0 })
  }
  if (strangers.length === 0 && organizations.length === 0) return
  const lines = [
    ...strangers.map(({ table, rows }) => `${table}: ${rows} rows of other organizations`),
    ...(organizations.length === 0 ? [] : [`organizations besides the first: ${organizations.join(', ')}`]),
  ]
  throw new TenancyError(
    'ROLLBACK_WOULD_MERGE',
    `Without its walls the database would mix several organizations. Nothing was changed.\n${lines.join('\n')}\nMove or delete them first.`,
    {
      details: { tables: strangers, organizations },
    },
  )
}

/** Rows `t0` whose organization only the tenant column tells, so that it would be lost with it. */
function isStranger({ settings, derivations }: Plan, table: QualifiedName): string {
  const { root, keyType, tenantColumn, defaultOrganization } = settings
  const column = `t0.${quoteIdentifier(tenantColumn)}`
  const home = defaultOrganization === null ? 'null' : `${quoteLiteral(defaultOrganization.id)}::${keyType}`
  const byPath = new Map(derivations.map((one) => [pathOf(one.table), one]))
  const derivation = byPath.get(pathOf(table))
  if (root === null || derivation === undefined) return `${column} <> ${home}`
  const defaultId = defaultOrganization?.id ?? null
  const organizations = { root, keyType, tenantColumn, defaultId, derivations: byPath }
  // What is empty still has not been given any.
  return `${column} is not null and ${column} is distinct from coalesce(${organizationOf(derivation, 't0', { organizations, from: 'host' })}, ${home})`
}

async function otherOrganizations(session: Session, plan: Plan): Promise<readonly string[]> {
  const table = `${quoteIdentifier(plan.settings.controlSchema)}.organizations`
  const { rows: found } = await session.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
    table,
  ])
  if (found[0]?.found !== true) return []
  const { rows } = await session.query<{ slug: string }>(
    `select slug from ${table} where not is_default order by slug limit 20`,
  )
  return rows.map((row) => row.slug)
}
