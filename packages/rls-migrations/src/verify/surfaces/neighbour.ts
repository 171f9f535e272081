import { randomInt } from 'node:crypto'
import { hasReached } from '../../plan/step.ts'
import { quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { addressOf, cellsOf, literalOf, makeRows } from '../make-rows.ts'
import { makeMember, type ProbeSetup } from '../make-target.ts'
import type { Outcome } from '../probe.ts'
import { Busy, isBusy, type ProbeLane } from '../probe-lane.ts'
import type { PlannedRow } from '../rows/plan-rows.ts'
import type { TableShape } from '../rows/table-shape.ts'
import { distinctValue } from '../rows/value-maker.ts'
import { enter } from '../tenant-statements.ts'
import { calls, viewWrites, type Detours } from './detours.ts'

/** How many columns of a row are tried before a change is given up: the host's CHECK constraints may refuse any. */
const MOST_CHANGES = 3

/** What happens to the rows of the neighbour, in this order. */
export const deeds = ['write', 'change', 'call', 'delete', 'detour', 'return'] as const
export type Deed = (typeof deeds)[number]

/** What can happen to these rows: the ways past the table are gone where there are none. */
export function deedsOf({ views, functions }: Detours): readonly Deed[] {
  return deeds.filter((deed) => {
    if (deed === 'call') return functions.length > 0
    return (deed !== 'detour' && deed !== 'return') || views.length > 0
  })
}

/** The rows of B, and the ways in which it writes. */
export interface Doing {
  readonly rows: readonly PlannedRow[]
  readonly detours: Detours
  readonly organization: string
  /** Milliseconds, after which no other function is called. */
  readonly callsMs: number
}

/**
 * Makes the organizations known to the control plane, and the people among the rows members of theirs, for functions
 * that look there. Before contract there may be one organization only; without a record the rest of the wall is the same.
 */
export async function register(
  { setup, lane }: { setup: ProbeSetup; lane: ProbeLane },
  { organizations, rows }: { organizations: readonly string[]; rows: readonly PlannedRow[] },
): Promise<void> {
  const { plan, phase } = setup
  // The rows of an adopted root are made like all others.
  if (!hasReached(phase, 'contract') || plan.settings.root !== null) return
  const table = `${quoteIdentifier(plan.settings.controlSchema)}.organizations`
  const records = organizations.map(
    (id) => `(${quoteLiteral(id)}, ${quoteLiteral(`pw-${id.slice(0, 30)}`)}, 'partywall verify')`,
  )
  const outcome = await attempt(lane, [
    ...(lane.as('operator') ?? []),
    `insert into ${table} (id, slug, name) values ${records.join(', ')}`,
  ])
  if (outcome.kind === 'error') return
  for (const person of rows.filter((row) => row.table.class === 'user' && !row.exists))
    await makeMember(lane, setup, person)
}

/** Does to the rows of B what the deed says, each as the role whose business it is. What is refused does not happen. */
export async function doDeed(
  { setup, lane }: { setup: ProbeSetup; lane: ProbeLane },
  deed: Deed,
  doing: Doing,
): Promise<void> {
  const { plan, setting } = setup
  const { rows, detours } = doing
  const own = rows.filter((row) => row.table.class === 'tenant')
  const asOwn = (row: PlannedRow): readonly string[] => [...(lane.as('app') ?? []), enter(setting, row.organization)]
  const through = (row: PlannedRow): ReturnType<typeof viewWrites> =>
    viewWrites(detours, row, freeChanges(row, plan.settings.tenantColumn)[0])
  switch (deed) {
    case 'write':
      await makeRows(lane, setting, rows)
      return
    case 'change':
      for (const row of own) await changeRow({ lane, row, tenantColumn: plan.settings.tenantColumn }, asOwn(row))
      return
    case 'call':
      await callFunctions({ setup, lane }, doing)
      return
    case 'delete':
      for (const row of own.toReversed())
        await attempt(lane, [...asOwn(row), `delete from ${quoteName(row.table)} where ${addressOf(row)}`])
      return
    case 'detour':
      for (const row of own) for (const statement of through(row).write) await attempt(lane, [...asOwn(row), statement])
      return
    case 'return':
      for (const row of own.toReversed())
        for (const statement of through(row).remove) await attempt(lane, [...asOwn(row), statement])
  }
}

async function callFunctions(
  { setup: { plan, setting }, lane }: { setup: ProbeSetup; lane: ProbeLane },
  { rows, detours, organization, callsMs }: Doing,
): Promise<void> {
  const startedAt = performance.now()
  for (const call of calls(detours, { rows, organization, keyType: plan.settings.keyType })) {
    if (performance.now() - startedAt > callsMs) return
    await attempt(lane, [...(lane.as('app') ?? []), enter(setting, organization), call])
  }
}

async function changeRow(
  { lane, row, tenantColumn }: { lane: ProbeLane; row: PlannedRow; tenantColumn: string },
  enterOwn: readonly string[],
): Promise<void> {
  for (const [column, text] of freeChanges(row, tenantColumn).slice(0, MOST_CHANGES)) {
    const outcome = await attempt(lane, [
      ...enterOwn,
      `update ${quoteName(row.table)} set ${quoteIdentifier(column)} = ${literalOf(row.table, column, text)} where ${addressOf(row)}`,
    ])
    if (outcome.kind === 'rows') return
  }
}

/** Columns that name nothing, not even an organization, with another value for each. */
function freeChanges(row: PlannedRow, tenantColumn: string): readonly (readonly [string, string])[] {
  const { table } = row
  const cells = cellsOf(row)
  const referencing = new Set(table.foreignKeys.flatMap((key) => key.columns))
  return table.columns
    .filter(({ name }) => name !== tenantColumn && isFree(table, name) && !referencing.has(name))
    .flatMap((column) => {
      const text = distinctValue(column.type, randomInt, { example: cells.get(column.name) ?? null })
      return text === null || text === cells.get(column.name) ? [] : [[column.name, text] as const]
    })
}

function isFree(table: TableShape, column: string): boolean {
  return !table.addressColumns.includes(column) && !table.distinctColumns.has(column)
}

/** Runs statements that may be refused, without ending the transaction. */
async function attempt(lane: ProbeLane, statements: readonly string[]): Promise<Outcome> {
  const outcome = await lane.run(['savepoint partywall_attempt', ...statements])
  if (outcome.kind === 'rows') return outcome
  if (isBusy(outcome.sqlState)) throw new Busy(`${outcome.sqlState} ${outcome.message}`)
  await lane.run(['rollback to savepoint partywall_attempt'])
  return outcome
}
