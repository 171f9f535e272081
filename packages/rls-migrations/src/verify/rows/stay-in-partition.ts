import type { HashChoices } from './hash-choices.ts'
import type { Example, PlannedRow } from './plan-rows.ts'
import type { Draw } from './value-maker.ts'

/** Where the values come from: a live row, and tuples of hash partitions that no other planned row has. */
export interface PartitionSources {
  readonly example: Example | undefined
  readonly draw: Draw
  /** The tuples that planned rows have. */
  readonly taken: Set<readonly string[]>
}

/** Fills the columns that decide about the partition, when another one is left to tell two rows apart. */
export function stayInPartition(row: PlannedRow, sources: PartitionSources): void {
  const { table, cells } = row
  for (const choices of table.hashChoices) takeTuple(row, choices, sources)
  const { partitionValues, addressColumns } = table
  if (addressColumns.length > 0 && addressColumns.every((column) => partitionValues.has(column))) return
  for (const [column, value] of partitionValues) {
    const cell = sources.example?.[column] ?? value
    if (cell !== null && !cells.has(column)) cells.set(column, cell)
  }
}

/** Where the text of a cell comes from, when it may still be another one. */
interface Source {
  readonly row: PlannedRow
  readonly column: string
  /** Undefined when there is none yet. */
  readonly text: string | null | undefined
}

function takeTuple(row: PlannedRow, { columns, tuples }: HashChoices, { draw, taken }: PartitionSources): void {
  const sources = columns.map((column) => sourceOf(row, column))
  const fitting = tuples.filter(
    (tuple) => !taken.has(tuple) && sources.every((source, at) => isOpen(source) || source.text === tuple[at]),
  )
  const tuple = fitting[draw(Math.max(fitting.length, 1))]
  if (tuple === undefined) return
  taken.add(tuple)
  sources.forEach((source, at) => source.row.cells.set(source.column, tuple[at] as string))
}

/** Through references: a row that is still to be made may have the key that its child needs. */
function sourceOf(row: PlannedRow, column: string): Source {
  let source = { row, column }
  for (let depth = 0; depth < 100; depth += 1) {
    const cell = source.row.cells.get(source.column)
    if (cell === undefined || cell === null || typeof cell === 'string') return { ...source, text: cell }
    source = cell
  }
  return { row, column, text: null }
}

/** An organization is chosen before its rows, NULL is wanted, and a row that exists stays as it is. */
function isOpen({ row: { table, organization, exists }, column, text }: Source): boolean {
  if (text === undefined || text === null) return text === undefined
  return !exists && table.class === 'tenant' && table.distinctColumns.has(column) && text !== organization
}
