import { displayName, quoteIdentifier, type QualifiedName } from '../sql/identifier.ts'
import type { Outcome } from './probe.ts'
import type { ProbeLane } from './probe-lane.ts'
import type { ColumnType } from './rows/column-type.ts'
import { cellText, RowPlanError, type PlannedRow } from './rows/plan-rows.ts'
import type { TableShape } from './rows/table-shape.ts'
import type { TenantSetting } from './tenant-setting.ts'
import { enter, insert, literal } from './tenant-statements.ts'

/** The server refused a row. */
export class RowRefused extends Error {
  override readonly name = 'RowRefused'
  readonly sqlState: string

  constructor(table: QualifiedName, outcome: Outcome & { kind: 'error' }) {
    super(`no row could be made in ${displayName(table)}: ${outcome.sqlState} ${outcome.message}`)
    this.sqlState = outcome.sqlState
  }
}

/**
 * Makes the rows, each as the role whose business it is: tenant data as the application in its own organization, people
 * and shared tables as the operator. What the host's triggers made of a key replaces what was planned.
 *
 * @throws RowRefused when the server refuses one; RowPlanError when this lane cannot make one.
 */
export async function makeRows(lane: ProbeLane, setting: TenantSetting, rows: readonly PlannedRow[]): Promise<void> {
  for (const row of rows) {
    const { table } = row
    const role = lane.as(table.class === 'tenant' ? 'app' : table.class === 'skipped' ? 'login' : 'operator')
    if (role === null) throw new RowPlanError(`this login makes no rows in ${displayName(table)}`)
    const returned = [...table.distinctColumns]
    const columns = [
      'ctid::pg_catalog.text as "ctid"',
      ...returned.map((name, at) => `${quoteIdentifier(name)}::pg_catalog.text as "${at}"`),
    ]
    const outcome = await lane.run([
      ...role,
      enter(setting, row.organization),
      `${insertCells(table, cellsOf(row))} returning ${columns.join(', ')}`,
    ])
    if (outcome.kind === 'error') throw new RowRefused(table, outcome)
    const made = outcome.rows[0]
    if (made === undefined) throw new RowPlanError(`a trigger of ${displayName(table)} wrote no row`)
    returned.forEach((name, at) => row.cells.set(name, (made[String(at)] ?? null) as string | null))
    row.cells.set(placeColumn, made['ctid'] as string)
  }
}

/** Where a row of a table without a key is found again: no column of a host can have the name. */
const placeColumn = 'ctid'

/** The texts of a row, references resolved. */
export function cellsOf(row: PlannedRow): ReadonlyMap<string, string | null> {
  return new Map(
    [...row.cells.keys()].filter((column) => column !== placeColumn).map((column) => [column, cellText(row, column)]),
  )
}

/** A condition that is true for this row only, without naming its organization. */
export function addressOf(row: PlannedRow): string {
  const { addressColumns } = row.table
  if (addressColumns.length === 0) return `ctid operator(pg_catalog.=) ${literal(cellText(row, placeColumn), 'tid')}`
  return addressColumns
    .map((column) => {
      const { type } = row.table.columns.find((one) => one.name === column) ?? {}
      return `${quoteIdentifier(column)} ${equals(type)} ${literalOf(row.table, column, cellText(row, column))}`
    })
    .join(' and ')
}

/** The server's own equality, which an index answers as well; a type of the host or of an extension has one of its own. */
function equals(type: ColumnType | undefined): string {
  const own = type === undefined || (/[."]/.test(type.base) && type.labels.length === 0)
  return own ? '=' : 'operator(pg_catalog.=)'
}

export function insertCells(table: TableShape, cells: ReadonlyMap<string, string | null>): string {
  return insert({
    into: table,
    values: new Map([...cells].map(([column, text]) => [column, literalOf(table, column, text)])),
    overriding: table.columns.some((column) => column.alwaysIdentity && cells.has(column.name)),
  })
}

export function literalOf(table: TableShape, column: string, text: string | null): string {
  return literal(text, table.columns.find((one) => one.name === column)?.type.written ?? 'text')
}
