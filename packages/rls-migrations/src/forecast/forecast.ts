import { TenancyError } from '@partywall/tenancy-core'
import { becomeRole } from '../database/read-across-organizations.ts'
import type { Session } from '../database/session.ts'
import { isPostgresError } from '../database/postgres-error.ts'
import type { HostStatement } from '../inspect/read-statements.ts'
import type { Plan } from '../plan/plan.ts'
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.ts'
import { findDemotions, type Demotion } from './find-demotions.ts'
import type { PlanNode } from './plan-conditions.ts'

export interface ForecastStatement extends HostStatement {
  readonly demotions: readonly Demotion[]
  /** The planner's estimates, in its own unit: the ratio is what tells. */
  readonly cost: { readonly before: number; readonly after: number }
}

export interface Forecast {
  readonly explained: number
  /** Not for the application, or nothing that can be explained. */
  readonly skipped: number
  /** The statements that lose an index, the costliest first. */
  readonly demoted: readonly ForecastStatement[]
}

export interface ForecastOptions {
  readonly session: Session
  readonly plan: Plan
  /** As `pg_stat_statements` has them, with parameters for constants. */
  readonly statements: readonly HostStatement[]
}

/** The prepared statement that is explained. */
const NAME = 'partywall_forecast'

/**
 * Explains statements twice, as the owner, whom no policy binds yet, and as the application: what found rows by an index
 * and only filters them below the policies will be slow from the cut-over on. From expand on, when the policies stand.
 *
 * Nothing is executed, and nothing locked that keeps anybody waiting; every transaction is rolled back.
 *
 * @throws TenancyError `FORECAST_TOO_EARLY` when a table has no policy yet, or `FORCE` binds the owner already.
 */
export async function forecast(options: ForecastOptions): Promise<Forecast> {
  await requirePolicies(options)
  const results: ForecastStatement[] = []
  let skipped = 0
  for (const statement of options.statements.filter((one) =>
    /^\s*(?:with|select|insert|update|delete)\b/i.test(one.query),
  )) {
    const before = await explain(options, statement.query, undefined)
    const after = before && (await explain(options, statement.query, options.plan.settings.roles.app))
    if (before === undefined || after === undefined) skipped += 1
    else {
      const cost = { before: before['Total Cost'], after: after['Total Cost'] }
      results.push({ ...statement, demotions: findDemotions(before, after), cost })
    }
  }
  return { explained: results.length, skipped, demoted: results.filter((one) => one.demotions.length > 0) }
}

type RootNode = PlanNode & { readonly 'Total Cost': number }

/** The plan for any parameters; undefined when the role may not run the statement, or nobody can. */
async function explain(
  { session, plan }: ForecastOptions,
  query: string,
  role: string | undefined,
): Promise<RootNode | undefined> {
  const { settings } = plan
  await session.query('begin')
  try {
    // The statements name tables as the service does.
    await session.query(
      "set local search_path to default; set local plan_cache_mode = force_generic_plan; set local statement_timeout = '200ms'",
    )
    if (role !== undefined) {
      await becomeRole(session, role)
      await session.query(
        `set local ${quoteIdentifier(settings.setting).replace('.', '"."')} = ${quoteLiteral(settings.defaultOrganization?.id ?? '')}`,
      )
    }
    await session.query(`prepare ${NAME} as ${query}`)
    const { rows } = await session.query<{ count: number }>(
      'select coalesce(array_length(parameter_types, 1), 0) as count from pg_catalog.pg_prepared_statements where name = $1',
      [NAME],
    )
    const nulls = Array.from({ length: rows[0]?.count ?? 0 }, () => 'null').join(', ')
    const { rows: plans } = await session.query<{ 'QUERY PLAN': readonly [{ readonly Plan: RootNode }] }>(
      `explain (format json) execute ${NAME}${nulls === '' ? '' : `(${nulls})`}`,
    )
    return plans[0]?.['QUERY PLAN'][0].Plan
  } catch (error) {
    // Text that was normalized is not always a statement again, and the application may not run every statement.
    if (isPostgresError(error)) return undefined
    throw error
  } finally {
    await session.query('rollback')
    // A prepared statement outlives its transaction.
    await session.query('deallocate all')
  }
}

async function requirePolicies({ session, plan }: ForecastOptions): Promise<void> {
  const { rows } = await session.query<{ missing: boolean; forced: boolean }>(
    `select not exists (select from pg_policy where polname = 'tenant_isolation' and polrelid = to_regclass(t.name)) as missing,
       exists (select from pg_class c where c.oid = to_regclass(t.name) and c.relforcerowsecurity) as forced
     from unnest($1::text[]) t(name) where to_regclass(t.name) is not null`,
    [plan.tables.tenant.map(({ schema, name }) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`)],
  )
  if (rows.length > 0 && rows.every((row) => !row.missing && !row.forced)) return
  throw new TenancyError(
    'FORECAST_TOO_EARLY',
    'A forecast compares plans without the policies and below them, which it can from expand to contract, when they stand and the owner is not bound. Run: partywall apply --to expand',
  )
}
