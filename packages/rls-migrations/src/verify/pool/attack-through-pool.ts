import { randomUUID } from 'node:crypto'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Table } from '../../catalog/catalog.ts'
import { SchemaGraph } from '../../catalog/schema-graph.ts'
import { resolveConfig } from '../../config/resolve-config.ts'
import { findWalls, type Found } from '../../lint/lint-subject.ts'
import type { Session } from '../../database/session.ts'
import type { Plan } from '../../plan/plan.ts'
import { displayName, quoteName, sameName } from '../../sql/identifier.ts'
import { buildTarget } from '../build-target.ts'
import { addressOf, makeRows, RowRefused } from '../make-rows.ts'
import { foreignParents, rowPlanner, type ProbeSetup } from '../make-target.ts'
import type { ProbeLane } from '../probe-lane.ts'
import type { PlannedReference } from '../planned-references.ts'
import { keepsRows } from '../outward-triggers.ts'
import type { ProbeTarget } from '../probe.ts'
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
import { attackPeople } from './attack-people.ts'
import {
  attack,
  notAttacked,
  type Attacked,
  type Lanes,
  type PoolAttackOptions,
  type TableAttack,
} from './attack-target.ts'
import { PoolLane } from './pool-lane.ts'

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
  const { tenant, user } = setup.plan.tables
  const known = new Map([...tenant, ...user].map((table) => [displayName(table), setup.graph.table(table)]))
  const people = new Set([...user, ...tenant.filter((table) => table.class === 'root')].map(displayName))
  const tables: { table: string; run: number; blocked: number }[] = []
  const crossings: { table: string; probe: string; detail: string }[] = []
  const unproved: { table: string; reason: string }[] = []
  for (const name of options.tables ?? known.keys()) {
    const table = known.get(name)
    const scene = { setup: { ...setup, examples: lanes.examples(setup) }, lanes, organizations }
    const found =
      table === undefined
        ? notAttacked('no table of that name is behind a wall')
        : people.has(name)
          ? await attackPeople(scene, table, options)
          : await attackTable(scene, table)
    tables.push({ table: name, run: found.run, blocked: found.blocked })
    crossings.push(...found.crossings.map((one) => ({ table: name, ...one })))
    if (found.reason !== undefined) unproved.push({ table: name, reason: found.reason })
  }
  return { tables, crossings, unproved }
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
  const { plan: found, phase }: Found = await findWalls(session, config)
  const plan = await withRoot(session, found)
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
    rootExists: true,
    transactionBudgetMs: Number.POSITIVE_INFINITY,
  }
}

/** A root of the host's own is what the organizations of the control plane refer to. */
async function withRoot(session: Pick<Session, 'query'>, plan: Plan): Promise<Plan> {
  const { rows } = await session.query<{ schema: string; name: string; id: string }>(
    `select n.nspname as schema, c.relname as name, a.attname as id
     from pg_constraint k join pg_class o on o.oid = k.conrelid and o.relname = 'organizations'
     join pg_namespace control on control.oid = o.relnamespace and control.nspname = $1
     join pg_class c on c.oid = k.confrelid join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum = k.confkey[1]
     where k.contype = 'f' and control.oid <> n.oid`,
    [plan.settings.controlSchema],
  )
  const [root] = rows
  if (root === undefined) return plan
  return {
    ...plan,
    settings: { ...plan.settings, root: { ...root, label: null, slug: null } },
    tables: {
      ...plan.tables,
      tenant: plan.tables.tenant.map((table) => (sameName(table, root) ? { ...table, class: 'root' } : table)),
    },
  }
}

/** The application may not read the plan: what refers to rows of an organization is taken from the keys that are there. */
function catalogReferences(plan: Plan, tables: readonly Table[]): readonly PlannedReference[] {
  const isTenant = (name: { schema: string; name: string }): boolean =>
    // Whose a row is that refers to the root is said by its tenant column, and compared by a CHECK.
    plan.tables.tenant.some((one) => one.class !== 'root' && sameName(one, name))
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

/** Children first. What the application may not delete stays: its organization exists nowhere else. */
async function removeRows({ setup, lanes }: Attacked, made: readonly PlannedRow[]): Promise<void> {
  for (const row of made.toReversed())
    await lanes.maker.run([
      enter(setup.setting, row.organization),
      `delete from ${quoteName(row.table)} where ${addressOf(row)}`,
    ])
}
