import { randomInt, randomUUID } from 'node:crypto'
import type { Catalog, Table } from '../catalog/catalog.ts'
import type { SchemaGraph } from '../catalog/schema-graph.ts'
import type { Plan } from '../plan/plan.ts'
import type { Phase } from '../plan/step.ts'
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.ts'
import { buildTarget, type TargetParts } from './build-target.ts'
import { makeRows, RowRefused } from './make-rows.ts'
import { keepsRows, outwardReason } from './outward-triggers.ts'
import type { Reactions } from './read-reactions.ts'
import { referencesOf, type PlannedReference } from './planned-references.ts'
import type { Probe, ProbeTarget } from './probe.ts'
import type { ProbeLane } from './probe-lane.ts'
import { distinctValue } from './rows/value-maker.ts'
import { columnTypesKey } from './rows/column-type.ts'
import type { Examples } from './rows/examples.ts'
import { cellText, RowPlanner, type Filling, type PlannedRow } from './rows/plan-rows.ts'
import type { TableShape } from './rows/table-shape.ts'
import type { TenantSetting } from './tenant-setting.ts'
import { relativesOf, type Relative } from './relatives.ts'
import { enter } from './tenant-statements.ts'

/** Everything that attacks share. */
export interface ProbeSetup {
  readonly plan: Plan
  readonly phase: Phase
  readonly setting: TenantSetting
  readonly catalog: Catalog
  readonly graph: SchemaGraph
  readonly shapes: ReadonlyMap<string, TableShape>
  readonly examples: Examples
  readonly reactions: Reactions
  readonly references: readonly PlannedReference[]
  readonly relatives: readonly Relative[]
  readonly probes: readonly Probe[]
  /** The organizations are given, with their rows in a root of the host's own. @defaultValue they are made */
  readonly rootExists?: boolean
  /** Milliseconds. */
  readonly transactionBudgetMs: number
}

/** A table whose rows would be felt outside of the transaction. No other values would change that. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach'
}

/** Where the rows are made, of which table, and how they are filled. */
export interface TargetRequest {
  readonly lane: ProbeLane
  readonly table: Table
  readonly filling: Filling
}

/**
 * Makes the rows of two organizations that exist nowhere else, in the open transaction of the lane. The person of a
 * user-level table is a member of the default organization, the only one that is sure to exist; or of a row of the root.
 *
 * @throws RowRefused, RowPlanError or OutOfReach when that is not possible.
 */
export async function makeTarget(setup: ProbeSetup, request: TargetRequest): Promise<ProbeTarget> {
  const { plan, phase, setting, reactions } = setup
  const { lane, table } = request
  const shape = setup.shapes.get(columnTypesKey(table)) as TableShape
  const planner = rowPlanner(setup, request)
  const isTenant = shape.class === 'tenant'
  const b = shape.class === 'user' ? homeOfPerson(setup, planner) : newOrganization(setup, shape)
  const row = planner.rowOf(shape, b)
  const a = newOrganization(setup, shape, b)
  const attacker = isTenant ? planner.rowOf(shape, a) : null
  const references = isTenant ? foreignParents(setup, planner, row) : []
  refuseOutward(planner.ordered, reactions)
  await makeRows(lane, setting, planner.ordered)
  if (shape.class === 'user') await makeMember(lane, setup, row)
  return buildTarget({
    plan,
    graph: setup.graph,
    phase,
    setting,
    table,
    keepsRows: keepsRows(table, reactions),
    serverVersion: setup.catalog.serverVersion,
    relatives: relativesOf(setup, table),
    a: { organization: a, row: attacker },
    b: { organization: b, row },
    references,
  })
}

/** An id that no organization has, and, where a hash of it decides, one whose rows belong into this partition. */
export function newOrganization({ plan, shapes }: ProbeSetup, shape?: TableShape, other?: string): string {
  const { root, tenantColumn } = plan.settings
  const hashed = shape?.hashChoices.find((choices) => choices.columns.includes(tenantColumn))
  const at = hashed?.columns.indexOf(tenantColumn) ?? 0
  const fitting = (hashed?.tuples ?? []).map((tuple) => tuple[at] as string).filter((one) => one !== other)
  if (fitting.length > 0) return fitting[randomInt(fitting.length)] as string
  const id = root === null ? undefined : shapes.get(columnTypesKey(root))?.columns.find((one) => one.name === root.id)
  return (id === undefined ? null : distinctValue(id.type, (limit) => randomInt(limit))) ?? randomUUID()
}

function homeOfPerson(setup: ProbeSetup, planner: RowPlanner): string {
  const { root, defaultOrganization } = setup.plan.settings
  const shape = root === null ? undefined : setup.shapes.get(columnTypesKey(root))
  if (shape === undefined) return defaultOrganization?.id ?? ''
  const home = newOrganization(setup)
  planner.rowOf(shape, home)
  return home
}

/** @throws OutOfReach when one of the rows would be felt outside of the transaction. */
export function refuseOutward(rows: readonly PlannedRow[], reactions: Reactions): void {
  for (const { table } of rows) {
    const reason = outwardReason(table, reactions)
    if (reason !== undefined) throw new OutOfReach(reason)
  }
}

/** For each reference of the table, a parent of B that A's row must not reach. */
export function foreignParents(setup: ProbeSetup, planner: RowPlanner, row: PlannedRow): TargetParts['references'] {
  return referencesOf(setup.references, row.table, setup.graph).flatMap((reference) => {
    const parent = setup.shapes.get(columnTypesKey(reference.references))
    return parent === undefined ? [] : [{ reference, parent: planner.rowApartFrom(row, parent) }]
  })
}

/** Plans rows that the lane can make. */
export function rowPlanner(
  { plan, shapes, examples, rootExists }: ProbeSetup,
  { lane, filling }: Pick<TargetRequest, 'lane' | 'filling'>,
): RowPlanner {
  const makesPeople = lane.as('operator') !== null
  return new RowPlanner({
    shapes,
    examples: (table) => examples.of(table),
    tenantColumn: plan.settings.tenantColumn,
    root: plan.settings.root,
    rootExists,
    filling,
    // Shared rows are everybody's: one that exists is as good as a new one, and needs no key.
    takes: (table) =>
      table.class !== 'tenant' &&
      table.class !== 'root' &&
      (!makesPeople || (table.class !== 'user' && examples.of(table).length > 0)),
    draw: (limit) => randomInt(limit),
  })
}

/** Makes the person a member of the organization of its row. */
export async function makeMember(lane: ProbeLane, { plan, setting }: ProbeSetup, person: PlannedRow): Promise<void> {
  const { settings } = plan
  const id = cellText(person, settings.users?.id ?? 'id') ?? ''
  const table = `${quoteIdentifier(settings.controlSchema)}.memberships`
  const values = [person.organization, id, 'member'].map(quoteLiteral).join(', ')
  const outcome = await lane.run([
    ...(lane.as('operator') ?? []),
    enter(setting, ''),
    `insert into ${table} (organization_id, user_id, role) values (${values})`,
  ])
  if (outcome.kind === 'error') throw new RowRefused({ schema: settings.controlSchema, name: 'memberships' }, outcome)
}
