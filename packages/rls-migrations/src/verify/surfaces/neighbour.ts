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

/** How many columns of a row are tried before a change is given up: the host's CHECK constraints may refuse any. */
const MOST_CHANGES = 3

/** What happens to the rows of the neighbour, in this order. */
export const deeds = ['write', 'change', 'delete'] as const
export type Deed = (typeof deeds)[number]

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
  rows: readonly PlannedRow[],
): Promise<void> {
  const { plan, setting } = setup
  const own = rows.filter((row) => row.table.class === 'tenant')
  const asOwn = (row: PlannedRow): readonly string[] => [...(lane.as('app') ?? []), enter(setting, row.organization)]
  switch (deed) {
    case 'write':
      await makeRows(lane, setting, rows)
      return
    case 'change':
      for (const row of own) await changeRow({ lane, row, tenantColumn: plan.settings.tenantColumn }, asOwn(row))
      return
    case 'delete':
      for (const row of own.toReversed())
        await attempt(lane, [...asOwn(row), `delete from ${quoteName(row.table)} where ${addressOf(row)}`])
  }
}

async function changeRow(
  { lane, row, tenantColumn }: { lane: ProbeLane; row: PlannedRow; tenantColumn: string },
  enterOwn: readonly string[],
): Promise<void> {
  const changes = changesOf(row).filter(([column]) => column !== tenantColumn)
  for (const [column, text] of changes.slice(0, MOST_CHANGES)) {
    const outcome = await attempt(lane, [
      ...enterOwn,
      `update ${quoteName(row.table)} set ${quoteIdentifier(column)} = ${literalOf(row.table, column, text)} where ${addressOf(row)}`,
    ])
    if (outcome.kind === 'rows') return
  }
}

/** Columns that name nothing, with another value for each. */
function changesOf(row: PlannedRow): readonly (readonly [string, string])[] {
  const { table } = row
  const cells = cellsOf(row)
  const referencing = new Set(table.foreignKeys.flatMap((key) => key.columns))
  return table.columns
    .filter((column) => isFree(table, column.name) && !referencing.has(column.name))
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
