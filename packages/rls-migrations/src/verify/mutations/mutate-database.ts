import { TenancyError } from '@partywall/tenancy-core'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { SchemaGraph } from '../../catalog/schema-graph.ts'
import type { OpenSession } from '../../database/session.ts'
import type { Plan, PlannedTable } from '../../plan/plan.ts'
import type { Phase } from '../../plan/step.ts'
import { displayName, quoteIdentifier, sameName } from '../../sql/identifier.ts'
import { findBrokenDefinitions, prove } from '../verify-database.ts'
import type { Crossing, MutationsReport, SabotageCount } from '../verify-report.ts'
import { controlPlaneMutations } from './control-plane-mutations.ts'
import { sharedMutations, tableMutations } from './mutations.ts'
import type { Mutation, MutationScene } from './mutation.ts'
import { runSabotage } from './run-sabotage.ts'

export interface MutateOptions {
  /** The owner of the conversion, or a superuser: without one, what only a superuser may do is not tried. */
  readonly session: OpenSession
  /** The frozen plan. */
  readonly plan: Plan
  readonly phase: Phase
  /**
   * Attacks also what its definition gave away already, to learn of everything that notices a sabotage; several times as
   * slow. @defaultValue false
   */
  readonly thorough?: boolean
  /**
   * What is sabotaged: the tables of the host with what lies around them, the tables of the control plane, which are
   * the same in every database, or both. @defaultValue 'host'
   */
  readonly scope?: 'host' | 'control-plane' | 'all' | undefined
  readonly onProgress?:
    | ((event: MutationOutcome & { readonly done: number; readonly total: number }) => void)
    | undefined
}

/** What came of one sabotage. */
export interface MutationOutcome {
  readonly mutation: Pick<Mutation, 'kind' | 'table'>
  /** The names of what noticed it, of the first that did when it was not thorough; empty for a survivor. */
  readonly noticedBy: readonly string[]
  /** Why it was not tried; undefined when it was. */
  readonly notRun: string | undefined
}

/**
 * Sabotages a converted database in every way that is known, one at a time, and lets the proof look for it. Each
 * sabotage and its proof are one transaction that is rolled back, with rows of the proof's own; its locks are held that
 * long, hence a database that nobody uses.
 *
 * @throws TenancyError `BASELINE_BROKEN` when the proof finds something before any sabotage.
 */
export async function mutateDatabase(options: MutateOptions): Promise<MutationsReport> {
  const { superuser, mutations } = await readMutations(options)
  const outcomes: MutationOutcome[] = []
  await refuseBrokenBaseline(options, superuser)
  for (const mutation of mutations) {
    const outcome =
      mutation.superuser === true && !superuser
        ? { mutation, noticedBy: [], notRun: 'only a superuser may do it' }
        : await tryOne(options, mutation, superuser)
    outcomes.push(outcome)
    options.onProgress?.({ ...outcome, done: outcomes.length, total: mutations.length })
  }
  return summary(outcomes)
}

/** Every sabotage of the database, and whether the login may do those that only a superuser may. */
export async function readMutations({ session, plan, phase, scope = 'host' }: MutateOptions): Promise<{
  readonly superuser: boolean
  readonly mutations: readonly Mutation[]
}> {
  const catalog = await readCatalog(session, { controlSchema: plan.settings.controlSchema })
  const scene: MutationScene = {
    plan,
    graph: new SchemaGraph(catalog),
    phase,
    serverVersion: session.serverVersion,
    owner: plan.settings.login,
    roles: await rolesOf(session),
  }
  const tables = [...plan.tables.tenant, ...plan.tables.user].flatMap((planned) => {
    const table = catalog.tables.find((one) => sameName(one, planned))
    return table === undefined ? [] : [{ planned, table }]
  })
  return {
    superuser: catalog.login.superuser,
    mutations: [
      ...(scope === 'control-plane'
        ? []
        : [...tables.flatMap((table) => tableMutations(scene, table)), ...sharedMutations(scene, catalog)]),
      ...(scope === 'host' ? [] : controlPlaneMutations(scene)),
    ],
  }
}

async function rolesOf(session: OpenSession): Promise<readonly string[]> {
  const { rows } = await session.query<{ role: string }>('select rolname::text as role from pg_roles')
  return rows.map(({ role }) => role)
}

/** A sabotage of everything is looked for on one table of each class: it is the same for all of them. */
function attacked({ tables }: Plan, mutation: Mutation): (table: PlannedTable) => boolean {
  if (mutation.table !== '') return (table) => displayName(table) === mutation.table
  const first = [tables.tenant[0], tables.user[0]]
  return (table) => first.includes(table)
}

/** What is found without any sabotage would count for each of them. */
async function refuseBrokenBaseline(options: MutateOptions, superuser: boolean): Promise<void> {
  const { noticedBy, notRun } = await tryOne(options, { kind: 'none', table: '', statements: [] }, superuser)
  if (noticedBy.length === 0 && notRun === undefined) return
  throw new TenancyError(
    'BASELINE_BROKEN',
    `The wall is not whole before any sabotage: ${noticedBy.join(', ')}. Run partywall verify, and repair what it names.`,
    { details: { noticedBy } },
  )
}

async function tryOne(options: MutateOptions, mutation: Mutation, superuser: boolean): Promise<MutationOutcome> {
  const { session, plan } = options
  await session.query('begin')
  try {
    const notRun = mutation.statements.length === 0 ? undefined : await runSabotage(session, mutation)
    if (notRun !== undefined) return { mutation, noticedBy: [], notRun }
    // A superuser is above every wall: the proof runs as the owner, as it always does.
    if (superuser) await session.query(`set local session authorization ${quoteIdentifier(plan.settings.login)}`)
    return { mutation, noticedBy: await whatNotices(options, mutation), notRun: undefined }
  } finally {
    await session.query('rollback')
  }
}

async function whatNotices(options: MutateOptions, mutation: Mutation): Promise<readonly string[]> {
  const { session, plan, phase, thorough = false } = options
  const names = (crossings: readonly Crossing[]): readonly string[] => [...new Set(crossings.map((one) => one.probe))]
  const byDefinition = thorough ? [] : names(await findBrokenDefinitions({ session, plan, phase }))
  if (byDefinition.length > 0) return byDefinition
  const { crossings } = await prove({
    session,
    plan,
    phase,
    only: attacked(plan, mutation),
    objects: mutation.table.startsWith(`${plan.settings.controlSchema}.`),
    nested: 'nested',
    transactionBudgetMs: Number.POSITIVE_INFINITY,
  })
  return names(crossings)
}

function summary(outcomes: readonly MutationOutcome[]): MutationsReport {
  const run = outcomes.filter((outcome) => outcome.notRun === undefined)
  const killed = run.filter((outcome) => outcome.noticedBy.length > 0)
  const named = ({ mutation }: MutationOutcome): { kind: string; table: string } => ({
    kind: mutation.kind,
    table: mutation.table,
  })
  return {
    run: run.length,
    killed: killed.length,
    kinds: kindsOf(run),
    survivors: run.filter((outcome) => outcome.noticedBy.length === 0).map(named),
    notRun: outcomes.flatMap((outcome) =>
      outcome.notRun === undefined ? [] : [{ ...named(outcome), reason: outcome.notRun }],
    ),
  }
}

function kindsOf(run: readonly MutationOutcome[]): readonly SabotageCount[] {
  const kinds = Map.groupBy(run, ({ mutation }) => mutation.kind)
  return [...kinds]
    .map(([kind, ones]) => ({ kind, run: ones.length, killed: ones.filter((one) => one.noticedBy.length > 0).length }))
    .toSorted((one, other) => (one.kind < other.kind ? -1 : 1))
}
