import { Journal } from '../apply/journal.ts'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import type { OpenSession, Session } from '../database/session.ts'
import { isPostgresError } from '../database/postgres-error.ts'
import { roleNames } from '../plan/plan-conversion.ts'
import type { Plan, PlannedTable, PlanSettings } from '../plan/plan.ts'
import type { Phase } from '../plan/step.ts'
import { findBoundRoles } from '../verify/bound-roles.ts'
import type { RuleContext } from '../verify/catalog-rule.ts'
import type { LintBasis } from './lint-report.ts'

/** What is judged, and by what. */
export interface LintSubject {
  readonly basis: LintBasis
  readonly context: RuleContext
}

/** Whom the rules take for the application where nobody uses the tables but their owner. */
const EVERYBODY = 'public'

/**
 * Takes the recorded plan where the login may read it. Elsewhere the policies tell what is walled: a database that was
 * restored without its journal, one that is linted by a login that sees only the catalog, or walls that were built by hand.
 */
export async function findSubject(
  session: OpenSession,
  config: ResolvedConfig,
  appLogin: string | undefined,
): Promise<LintSubject> {
  const recorded = await readRecorded(session, config)
  const found = recorded ?? (await findWalls(session, config))
  const handBuilt = !(await roleExists(session, found.plan.settings.roles.app))
  const bound = handBuilt ? await findUsers(session, found.plan) : await findBoundRoles(session, found.plan.settings)
  const outsider = appLogin === undefined || bound.includes(appLogin) ? [] : [appLogin]
  const plan = handBuilt ? asTheApplication(found.plan, bound[0] ?? EVERYBODY) : found.plan
  return {
    basis: found.basis,
    context: {
      settings: plan.settings,
      plan,
      phase: found.phase,
      serverVersion: session.serverVersion,
      boundRoles: [...bound, ...outsider],
      handBuilt,
    },
  }
}

/** A plan without steps, and the phase that the policies tell. */
export interface Found {
  readonly basis: LintBasis
  readonly plan: Plan
  readonly phase: Phase
}

async function readRecorded(session: Session, { controlSchema }: ResolvedConfig): Promise<Found | undefined> {
  try {
    const state = await new Journal(session, controlSchema).read()
    if (state?.plan === undefined) return undefined
    return { basis: 'plan', plan: state.plan, phase: state.phase }
  } catch (error) {
    // A login that sees the catalog alone is enough for most of the rules.
    if (isPostgresError(error, '42501')) return undefined
    throw error
  }
}

/** What the catalog alone tells: no journal, and no row, is read. */
export async function findWalls(
  session: Pick<OpenSession, 'query' | 'serverVersion'>,
  config: ResolvedConfig,
): Promise<Found> {
  const { rows } = await session.query<WallRow>(wallQuery, [
    config.controlSchema,
    config.tenantColumn,
    config.schemas ?? null,
  ])
  const [row] = rows
  const walled = row?.walled ?? []
  const database = row?.database ?? ''
  const plan = foundPlan({ config, database, login: row?.login ?? '', walled, serverVersion: session.serverVersion })
  if (walled.length === 0) return { basis: 'none', plan, phase: 'install' }
  return { basis: 'policies', plan, phase: row?.phase ?? 'contract' }
}

interface WallRow {
  readonly database: string
  readonly login: string
  readonly walled: readonly { readonly schema: string; readonly name: string; readonly user: boolean }[] | null
  readonly phase: Phase
}

/** Tables that row-level security is about, and beside them those with the tenant's column. */
const wallQuery = `
with tables as (
  select c.oid, n.nspname, c.relname, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
         exists (select from pg_policy p where p.polrelid = c.oid) as has_policies,
         exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'legacy_access') as is_expanding,
         exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'member_access') as is_user,
         exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = $2 and not a.attisdropped) as has_column
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', $1)
    and ($3::text[] is null or n.nspname = any($3))
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
)
select current_database() as database,
       -- Whose the tables are, whoever asks.
       coalesce((select pg_get_userbyid(relowner)::text from tables group by relowner order by count(*) filter (where relrowsecurity or has_policies) desc, count(*) desc limit 1), current_user::text) as login,
       (select jsonb_agg(jsonb_build_object('schema', t.nspname, 'name', t.relname, 'user', t.is_user) order by t.nspname, t.relname)
        from tables t where (t.relrowsecurity or t.has_policies or t.has_column)
          and exists (select from tables where relrowsecurity or has_policies)) as walled,
       (select case when bool_or(is_expanding) then 'expand' when bool_and(relforcerowsecurity) then 'enforce' else 'contract' end
        from tables where relrowsecurity or has_policies) as phase`

interface FoundParts extends Omit<WallRow, 'phase' | 'walled'> {
  readonly config: ResolvedConfig
  readonly walled: NonNullable<WallRow['walled']>
  readonly serverVersion: number
}

/** A plan without steps: what the rules ask of one. */
function foundPlan({ config, database, login, walled, serverVersion }: FoundParts): Plan {
  const settings: PlanSettings = {
    controlSchema: config.controlSchema,
    tenantColumn: config.tenantColumn,
    setting: config.setting,
    keyType: 'uuid',
    roles: roleNames(database),
    login,
    root: null,
    organizationFrom: {},
    orphans: 'refuse',
    defaultOrganization: null,
    users: null,
  }
  const of = (user: boolean): readonly PlannedTable[] =>
    walled
      .filter((table) => table.user === user)
      .map(({ schema, name }) => ({
        schema,
        name,
        class: user ? 'user' : 'tenant',
        reason: 'has row-level security, policies or the column of the tenant',
      }))
  return {
    format: 1,
    database,
    serverVersion,
    settings,
    tables: { tenant: of(false), user: of(true), shared: [], skipped: [] },
    derivations: [],
    steps: [],
    hazards: [],
  }
}

function asTheApplication(plan: Plan, app: string): Plan {
  return { ...plan, settings: { ...plan.settings, roles: { ...plan.settings.roles, app } } }
}

async function roleExists(session: Session, role: string): Promise<boolean> {
  return ((await session.query('select from pg_roles where rolname = $1', [role])).rowCount ?? 0) > 0
}

/** Who holds privileges on the walled tables, those aside whom no policy binds, and who acts through them. */
async function findUsers(session: Session, { tables }: Plan): Promise<readonly string[]> {
  const walled = [...tables.tenant, ...tables.user].map(({ schema, name }) => ({ schema, name }))
  const { rows } = await session.query<{ role: string }>(userQuery, [JSON.stringify(walled)])
  return rows.map(({ role }) => role)
}

const userQuery = `
with recursive walled as (
  select c.oid, c.relowner, c.relacl from jsonb_array_elements($1::jsonb) item
  join pg_namespace n on n.nspname = item ->> 'schema' join pg_class c on c.relnamespace = n.oid and c.relname = item ->> 'name'
), users as (
  select g.grantee as oid from walled w cross join aclexplode(w.relacl) g where g.grantee not in (0, w.relowner)
  union
  select m.member from pg_auth_members m join users u on u.oid = m.roleid
)
select r.rolname::text as role from users u join pg_roles r on r.oid = u.oid
where not r.rolsuper and not r.rolbypassrls and r.rolname !~ '^pg_' and r.rolname <> current_user
  and r.oid not in (select relowner from walled)
order by r.rolname`
