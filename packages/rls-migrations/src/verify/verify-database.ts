import { readCatalog } from '../catalog/read-catalog.ts'
import { SchemaGraph } from '../catalog/schema-graph.ts'
import type { OpenSession } from '../database/session.ts'
import type { Plan, PlannedTable } from '../plan/plan.ts'
import type { Phase } from '../plan/step.ts'
import { sealModeOf } from '../seal/switch-seal.ts'
import { displayName } from '../sql/identifier.ts'
import { buildReport, type TableFinding } from './build-report.ts'
import { findBoundRoles } from './bound-roles.ts'
import { findBrokenChecks } from './broken-checks.ts'
import { controlPlaneFunctions } from './control-plane-functions.ts'
import { findBrokenRules } from './catalog-rule.ts'
import { catalogRules } from './catalog-rules.ts'
import { readReactions } from './read-reactions.ts'
import { patiently } from './patiently.ts'
import { plannedReferences } from './planned-references.ts'
import { appLane, ownerLane, type AppLane, type ProbeLane } from './probe-lane.ts'
import { Examples } from './rows/examples.ts'
import { fillings, type Filling } from './rows/plan-rows.ts'
import { readRelatives } from './relatives.ts'
import { columnTypesKey, readColumnTypes } from './rows/column-type.ts'
import { readHashChoices } from './rows/hash-choices.ts'
import { readValueRules } from './rows/value-rules.ts'
import { tableShapes, type TableShape } from './rows/table-shape.ts'
import { InterferenceProber, type InterferenceResult } from './surfaces/interference-prober.ts'
import { findDetours } from './surfaces/detours.ts'
import { readSurfaces } from './surfaces/read-surfaces.ts'
import { namedSurfaces } from './surfaces/surface-list.ts'
import { probeSessions, type SessionResult } from './sessions/session-probes.ts'
import { noObjects, probeObjects } from './objects/object-prober.ts'
import { tableProbes } from './table-probes.ts'
import type { ProbeSetup } from './make-target.ts'
import { readTenantSetting } from './tenant-setting.ts'
import { TableProber, type TableResult } from './table-prober.ts'
import type { Crossing, VerifyReport } from './verify-report.ts'

export interface VerifyOptions {
  /** The tool's session, of the login that owns the conversion. */
  readonly session: OpenSession
  /** The frozen plan. */
  readonly plan: Plan
  /** The phase that is recorded as complete: what it promises is judged. */
  readonly phase: Phase
  /** A login of the application. @defaultValue SET LOCAL ROLE in the tool's session */
  readonly appUrl?: string | undefined
  /**
   * Milliseconds after which a transaction begins no other attack; the next one goes on from there. Far from the
   * database, more saves time and holds the live system up for longer. @defaultValue 200
   */
  readonly transactionBudgetMs?: number | undefined
  readonly onProgress?: ((event: VerifyProgress) => void) | undefined
}

/** After each table. */
export interface VerifyProgress {
  readonly table: string
  readonly done: number
  readonly total: number
}

/**
 * Proves that nothing crosses from one organization to another: every object of the wall is in its place, no role of
 * the application reaches around it, and attacks on each table are refused.
 *
 * Safe on a live database: rows are made only in transactions that are rolled back, under keys that are chosen here, so
 * that no sequence moves; no statement waits for a lock or runs for longer than 200 milliseconds; tables whose triggers
 * would be felt outside of the transaction are not attacked, and named.
 *
 * @throws TenancyError `DATABASE_UNREACHABLE` when the application's login cannot connect; `PROOF_INTERRUPTED` when a
 * connection is lost on the way; `SEAL_KEY_MISSING` when the
 * context is sealed and no key was made yet.
 *
 * @example
 * ```ts
 * const report = await verifyDatabase({ session, plan, phase: 'enforce', appUrl })
 * report.crossings // []
 * ```
 */
export function verifyDatabase(options: VerifyOptions): Promise<VerifyReport> {
  return prove(options)
}

/** A proof of a part, or within a transaction of the caller's. */
export interface ProofOptions extends VerifyOptions {
  /** The tables that are attacked; the catalog is always read whole. @defaultValue all */
  readonly only?: (table: PlannedTable) => boolean
  /** Whether what is no table of the host is attacked: records of the control plane, sequences. @defaultValue with all tables */
  readonly objects?: boolean
  /** The session is in a transaction, which the caller rolls back. */
  readonly nested?: 'nested'
}

/** @throws TenancyError `DATABASE_UNREACHABLE` as {@link verifyDatabase} does. */
export async function prove(options: ProofOptions): Promise<VerifyReport> {
  const startedAt = performance.now()
  const { session, plan, phase } = options
  await using login = options.appUrl === undefined ? undefined : await appLane(options.appUrl)
  const roles = await patiently(() => findJudgedRoles(options, login))
  const crossings: Crossing[] = [...(await findBrokenDefinitions(options, login))]
  const setup = await patiently(() => prepare(options))
  const owner = await ownerLane(session, plan.settings, options.nested)
  const tables = [...plan.tables.tenant, ...plan.tables.user].filter(options.only ?? (() => true))
  const results: PlannedFinding[] = []
  for (const [at, planned] of tables.entries()) {
    const table = displayName(planned)
    results.push({ table, planned, result: await probeTable(setup, { owner, login }, planned) })
    options.onProgress?.({ table, done: at + 1, total: tables.length })
  }
  crossings.push(...results.flatMap(({ table, result }) => result.crossings.map((one) => ({ table, ...one }))))
  const isAsked = options.objects ?? options.only === undefined
  const objects = isAsked ? await probeObjects(setup, owner) : noObjects
  const interference = await findInterference({ session, setup, owner, isWhole: crossings.length === 0 }, results)
  const sessions =
    options.appUrl === undefined ? noSessions : await probeSessions(options.appUrl, plan.settings.setting)
  crossings.push(...objects.crossings, ...interference.crossings, ...sessions.crossings)
  return buildReport({
    phase,
    seal: sealModeOf(plan),
    serverVersion: session.serverVersion,
    crossings,
    results,
    objects,
    interference,
    sessions,
    roles,
    durationMs: performance.now() - startedAt,
  })
}

/** What is wrong by the catalog alone: objects of the wall, and what the roles of the application may do. */
export async function findBrokenDefinitions(options: VerifyOptions, login?: AppLane): Promise<readonly Crossing[]> {
  const { session, plan, phase } = options
  return [
    ...(await patiently(() => findBrokenChecks(session, plan, phase))),
    ...(await patiently(() => findBrokenRoles(options, login))),
  ]
}

interface PlannedFinding extends TableFinding {
  readonly planned: PlannedTable
}

/** What A sees while B writes to each table of which rows can be made. */
async function findInterference(
  { session, setup, owner, isWhole }: { session: OpenSession; setup: ProbeSetup; owner: ProbeLane; isWhole: boolean },
  results: readonly PlannedFinding[],
): Promise<InterferenceResult> {
  const surfaces = await patiently(() =>
    readSurfaces(session, setup.plan.settings.roles.app, controlPlaneFunctions(setup.plan)),
  )
  const writers = results
    .filter(({ result }) => !result.withoutRows)
    .map(({ planned, result }) => ({
      shape: setup.shapes.get(columnTypesKey(planned)) as TableShape,
      filling: result.filling,
    }))
  const detours = findDetours(setup, surfaces)
  return await new InterferenceProber({
    setup,
    lane: owner,
    surfaces: namedSurfaces(surfaces, setup.reactions),
    // A function may touch every row that it reaches, and nothing else is between those of others and it.
    detours: isWhole ? detours : { ...detours, functions: [] },
  }).probe(writers)
}

const noSessions: SessionResult = { run: 0, blocked: 0, byProbe: [], crossings: [] }

/** The role of the application, everyone who acts through it, and the login that was given. */
async function findJudgedRoles({ session, plan }: VerifyOptions, login?: AppLane): Promise<readonly string[]> {
  const bound = await findBoundRoles(session, plan.settings)
  return login === undefined || bound.includes(login.login) ? bound : [...bound, login.login]
}

/** What the roles of the application may do, the given login's included. */
async function findBrokenRoles(
  { session, plan, phase }: VerifyOptions,
  login: AppLane | undefined,
): Promise<readonly Crossing[]> {
  const bound = await findBoundRoles(session, plan.settings)
  const boundRoles = await findJudgedRoles({ session, plan, phase }, login)
  const outsider = boundRoles.slice(bound.length)
  const crossings = await findBrokenRules(session, catalogRules, {
    settings: plan.settings,
    plan,
    phase,
    serverVersion: session.serverVersion,
    boundRoles,
  })
  const { app } = plan.settings.roles
  return [
    ...outsider.map((role) => ({
      table: role,
      probe: 'role-member',
      detail: `${role} is no member of ${app}: no policy is about it`,
    })),
    ...crossings,
  ]
}

async function prepare({ session, plan, phase, nested, transactionBudgetMs = 200 }: ProofOptions): Promise<ProbeSetup> {
  const catalog = await readCatalog(session, { controlSchema: plan.settings.controlSchema })
  const schemas = [...new Set(catalog.tables.map((table) => table.schema))]
  const [types, rules] = [await readColumnTypes(session, schemas), await readValueRules(session, schemas)]
  const hashes = await readHashChoices(session, catalog, { types, rules, tenantColumn: plan.settings.tenantColumn })
  const shapes = tableShapes(catalog, plan, { types, rules, hashes })
  return {
    plan,
    phase,
    setting: await readTenantSetting(session, plan),
    catalog,
    graph: new SchemaGraph(catalog),
    shapes,
    examples: new Examples(await ownerLane(session, plan.settings, nested), shapes),
    reactions: await readReactions(session, catalog, plan.settings.controlSchema),
    references: plannedReferences(plan),
    relatives: await readRelatives(session, plan.settings.roles.app),
    probes: tableProbes,
    transactionBudgetMs,
  }
}

/** Through the application's own login when there is one; what that cannot make rows for, through the tool's session. */
async function probeTable(
  setup: ProbeSetup,
  lanes: { owner: ProbeLane; login: AppLane | undefined },
  planned: PlannedTable,
): Promise<TableResult> {
  const table = setup.graph.table(planned)
  if (table === undefined) return gone
  if (lanes.login !== undefined && planned.class === 'tenant') {
    const result = await new TableProber(setup, lanes.login, table).probe()
    if (!result.withoutRows) return result
  }
  return await new TableProber(setup, lanes.owner, table).probe()
}

const gone: TableResult = {
  run: 0,
  blocked: 0,
  byProbe: [],
  crossings: [],
  reason: 'the table is gone',
  withoutRows: true,
  filling: fillings[0] as Filling,
}
