import { randomUUID } from 'node:crypto'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Table } from '../../catalog/catalog.ts'
import { SchemaGraph } from '../../catalog/schema-graph.ts'
import { resolveConfig } from '../../config/resolve-config.ts'
import { findWalls, type Found } from '../../lint/lint-subject.ts'
import type { Plan } from '../../plan/plan.ts'
import { hasReached } from '../../plan/step.ts'
import { displayName, quoteName } from '../../sql/identifier.ts'
import { buildTarget } from '../build-target.ts'
import { addressOf, makeRows, RowRefused } from '../make-rows.ts'
import { foreignParents, rowPlanner, type ProbeSetup } from '../make-target.ts'
import type { ProbeLane } from '../probe-lane.ts'
import type { PlannedReference } from '../planned-references.ts'
import { keepsRows } from '../outward-triggers.ts'
import type { Attempt, Probe, ProbeTarget } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { readRelatives, relativesOf } from '../relatives.ts'
import { columnTypesKey, readColumnTypes } from '../rows/column-type.ts'
import { readHashChoices } from '../rows/hash-choices.ts'
import { Examples } from '../rows/examples.ts'
import { fillings, RowPlanError, type Filling, type PlannedRow } from '../rows/plan-rows.ts'
import { tableShapes, type TableShape } from '../rows/table-shape.ts'
import { readValueRules } from '../rows/value-rules.ts'
import { tableProbes } from '../table-probes.ts'
import { enter } from '../tenant-statements.ts'
import { readAsApplication, type IsolationScope } from './isolation-scope.ts'
import { PoolLane } from './pool-lane.ts'

/** What is attacked through the pool of a service. */
export interface PoolAttackOptions {
  /** The tables as people write them: `orders`, or `billing.invoices` outside of `public`. @defaultValue all behind a wall */
  readonly tables?: readonly string[] | undefined
  /**
   * Two organizations, whose rows are made and taken away again. @defaultValue two that exist nowhere else; a root of the
   * host's own needs two of its rows
   */
  readonly organizations?: readonly [string, string] | undefined
  /** @defaultValue `org_id` */
  readonly tenantColumn?: string | undefined
  /** @defaultValue `app.current_tenant_id` */
  readonly setting?: string | undefined
  /** The schema of the control plane. @defaultValue `partywall` */
  readonly controlSchema?: string | undefined
}

/** What came of the attacks. Plain data. */
export interface PoolAttackResult {
  readonly tables: readonly { readonly table: string; readonly run: number; readonly blocked: number }[]
  readonly crossings: readonly { readonly table: string; readonly probe: string; readonly detail: string }[]
  /** Tables that were not attacked to the end, and why. */
  readonly unproved: readonly { readonly table: string; readonly reason: string }[]
}

/**
 * Attacks tables as one organization through the pool of a service, where another one has rows: what the service sends
 * goes the same way. For a test database: rows of both are committed, and deleted afterwards.
 *
 * @throws what the pool throws for anything but a refusal of the server.
 *
 * @example
 * ```ts
 * const { crossings, unproved } = await attackThroughPool(tenancy, { tables: ['projects'] })
 * crossings.length + unproved.length // 0
 * ```
 */
export async function attackThroughPool(
  scope: IsolationScope,
  options: PoolAttackOptions = {},
): Promise<PoolAttackResult> {
  const organizations = options.organizations ?? ([randomUUID(), randomUUID()] as const)
  const setup = await readAsApplication(scope, (session) => readSetup(session, options))
  const lanes = lanesOf({ scope, setting: setup.setting, organizations })
  const known = new Map(setup.plan.tables.tenant.map((table) => [displayName(table), setup.graph.table(table)]))
  const tables: { table: string; run: number; blocked: number }[] = []
  const crossings: { table: string; probe: string; detail: string }[] = []
  const unproved: { table: string; reason: string }[] = []
  for (const name of options.tables ?? known.keys()) {
    const table = known.get(name)
    const found =
      table === undefined
        ? { run: 0, blocked: 0, crossings: [], reason: 'no table of that name is behind a wall' }
        : await attackTable({ setup: { ...setup, examples: lanes.examples(setup) }, lanes, organizations }, table)
    tables.push({ table: name, run: found.run, blocked: found.blocked })
    crossings.push(...found.crossings.map((one) => ({ table: name, ...one })))
    if (found.reason !== undefined) unproved.push({ table: name, reason: found.reason })
  }
  return { tables, crossings, unproved }
}

interface Lanes {
  /** Makes and removes rows. */
  readonly maker: PoolLane
  readonly attacker: PoolLane
  /** Reads live rows as the second organization. */
  readonly examples: (setup: Pick<ProbeSetup, 'shapes'>) => Examples
}

function lanesOf(options: ConstructorParameters<typeof PoolLane>[0]): Lanes {
  const reader = new PoolLane(
    { ...options, organizations: [options.organizations[1], options.organizations[0]] },
    'rollback',
  )
  const asItself: ProbeLane = {
    run: (statements) => reader.run(statements),
    begin: () => reader.begin(),
    rollback: () => reader.rollback(),
    as: () => [],
  }
  return {
    maker: new PoolLane(options, 'commit'),
    attacker: new PoolLane(options, 'rollback'),
    examples: ({ shapes }) => new Examples(asItself, shapes),
  }
}

async function readSetup(
  session: Parameters<Parameters<typeof readAsApplication>[1]>[0],
  { tenantColumn, setting, controlSchema }: PoolAttackOptions,
): Promise<Omit<ProbeSetup, 'examples'>> {
  const config = resolveConfig({
    ...(tenantColumn === undefined ? {} : { tenantColumn }),
    ...(setting === undefined ? {} : { setting }),
    ...(controlSchema === undefined ? {} : { controlSchema }),
  })
  const { plan, phase }: Found = await findWalls(session, config)
  const catalog = await readCatalog(session, { controlSchema: config.controlSchema })
  const schemas = [...new Set(catalog.tables.map((table) => table.schema))]
  const [types, rules] = [await readColumnTypes(session, schemas), await readValueRules(session, schemas)]
  const hashes = await readHashChoices(session, catalog, { types, rules, tenantColumn: plan.settings.tenantColumn })
  return {
    plan,
    phase,
    // The pool sets the context, sealed or not: here it only marks whose a statement is.
    setting: { name: config.setting, seal: undefined },
    catalog,
    graph: new SchemaGraph(catalog),
    shapes: tableShapes(catalog, plan, { types, rules, hashes }),
    reactions: { functions: [], operators: [], triggers: [], numbered: [] },
    references: catalogReferences(plan, catalog.tables),
    relatives: await readRelatives(session, plan.settings.roles.app),
    probes: tableProbes,
    transactionBudgetMs: Number.POSITIVE_INFINITY,
  }
}

/** The application may not read the plan: what refers to rows of an organization is taken from the keys that are there. */
function catalogReferences(plan: Plan, tables: readonly Table[]): readonly PlannedReference[] {
  const isTenant = (name: { schema: string; name: string }): boolean =>
    plan.tables.tenant.some((one) => one.schema === name.schema && one.name === name.name)
  return tables.filter(isTenant).flatMap((table) =>
    table.foreignKeys
      .filter((key) => isTenant(key.references))
      .map((key) => ({
        constraint: key.name,
        table,
        columns: key.columns,
        references: key.references,
        referencedColumns: key.referencedColumns,
        cascades: /cascade|set/i.test(key.onDelete),
      })),
  )
}

interface Attacked {
  readonly setup: ProbeSetup
  readonly lanes: Lanes
  readonly organizations: readonly [string, string]
}

interface TableAttack {
  readonly run: number
  readonly blocked: number
  readonly crossings: readonly { readonly probe: string; readonly detail: string }[]
  readonly reason: string | undefined
}

async function attackTable(scene: Attacked, table: Table): Promise<TableAttack> {
  const shape = scene.setup.shapes.get(columnTypesKey(table)) as TableShape
  await scene.setup.examples.prepare(shape)
  let reason = ''
  for (const filling of fillings) {
    const made: PlannedRow[] = []
    try {
      const target = await makePoolTarget(scene, { table, shape, filling, made })
      return await attack(scene, target)
    } catch (error) {
      if (!(error instanceof RowPlanError || error instanceof RowRefused)) throw error
      reason ||= error.message
    } finally {
      await removeRows(scene, made)
    }
  }
  return { run: 0, blocked: 0, crossings: [], reason }
}

/** Rows of both organizations, committed one by one; those that were made are in `made`, also when one is refused. */
async function makePoolTarget(
  { setup, lanes, organizations: [a, b] }: Attacked,
  { table, shape, filling, made }: { table: Table; shape: TableShape; filling: Filling; made: PlannedRow[] },
): Promise<ProbeTarget> {
  const planner = rowPlanner(setup, { lane: lanes.maker, filling })
  const row = planner.rowOf(shape, b)
  const attacker = planner.rowOf(shape, a)
  const references = foreignParents(setup, planner, row)
  for (const planned of planner.ordered) {
    await makeRows(lanes.maker, setup.setting, [planned])
    made.push(planned)
  }
  return buildTarget({
    plan: setup.plan,
    graph: setup.graph,
    phase: setup.phase,
    setting: setup.setting,
    table,
    keepsRows: keepsRows(table, setup.reactions),
    serverVersion: setup.catalog.serverVersion,
    relatives: relativesOf(setup, table),
    a: { organization: a, row: attacker },
    b: { organization: b, row },
    references,
  })
}

async function attack({ setup, lanes }: Attacked, target: ProbeTarget): Promise<TableAttack> {
  let [run, blocked] = [0, 0]
  const crossings: { probe: string; detail: string }[] = []
  const unexpected: string[] = []
  const removal = removeRow(setup, target.b)
  for (const { probe, attempt } of attempts(setup, target)) {
    const statements = withoutRemoval(attempt.statements, removal)
    if (!lanes.attacker.takes(statements)) continue
    const outcome = await lanes.attacker.run(statements)
    // B's own child stands in the way of a reference that only one row may have: that says nothing of the wall.
    if (statements !== attempt.statements && outcome.kind === 'error' && outcome.sqlState === '23505') continue
    const verdict = attempt.judge(outcome)
    run += 1
    if (verdict.kind === 'blocked') blocked += 1
    else if (verdict.kind === 'crossing') crossings.push({ probe: probe.name, detail: verdict.detail })
    else unexpected.push(`${probe.name}: ${verdict.detail}`)
  }
  return { run, blocked, crossings, reason: unexpected[0] }
}

/** One transaction is that of one organization: what B removes first, to make room, stays. */
function withoutRemoval(statements: readonly string[], removal: readonly string[]): readonly string[] {
  const isFirst = removal.length > 0 && removal.every((one, at) => one === statements[at])
  return isFirst ? statements.slice(removal.length) : statements
}

function attempts(
  { probes, phase }: ProbeSetup,
  target: ProbeTarget,
): readonly { readonly probe: Probe; readonly attempt: Attempt }[] {
  return probes
    .filter((probe) => probe.classes.includes('tenant') && hasReached(phase, probe.since ?? 'expand'))
    .flatMap((probe) => probe.attempts(target).map((attempt) => ({ probe, attempt })))
    .filter(({ attempt }) => attempt.stage !== 'afterwards')
}

/** Children first. What the application may not delete stays: its organization exists nowhere else. */
async function removeRows({ setup, lanes }: Attacked, made: readonly PlannedRow[]): Promise<void> {
  for (const row of made.toReversed())
    await lanes.maker.run([
      enter(setup.setting, row.organization),
      `delete from ${quoteName(row.table)} where ${addressOf(row)}`,
    ])
}
