import type { ForeignKey } from '../../catalog/catalog.ts'
import { displayName, type QualifiedName } from '../../sql/identifier.ts'
import { allowedValue } from './allowed-value.ts'
import { columnTypesKey } from './column-type.ts'
import type { ColumnShape, TableShape } from './table-shape.ts'
import { plainValue, type TextStyle } from './plain-value.ts'
import { stayInPartition } from './stay-in-partition.ts'
import { distinctValue, type Draw, type ValueHints } from './value-maker.ts'

/** The text of a literal, NULL, or a column of another row that is planned. */
export type Cell = string | null | { readonly row: PlannedRow; readonly column: string }

/** A row to be made, or one that exists and is only referenced. */
export interface PlannedRow {
  readonly table: TableShape
  readonly organization: string
  readonly cells: Map<string, Cell>
  readonly exists: boolean
}

/** A live row as texts, to take values from; NULL as null. */
export type Example = Readonly<Record<string, string | null>>

/**
 * Where values come from that need not differ. `example`: a live row, NULLs included. `minimal`: NULL and defaults
 * wherever they are allowed. `full`: a value in every column. `example-keys`: like `example`, and parts of compound keys
 * as well, for keys whose parts must be on a list of the host's. `whole-keys`: like `example`, without a NULL in
 * a key, which would be unique beside any other.
 */
export interface Filling {
  readonly from: 'whole-keys' | 'example' | 'minimal' | 'full' | 'example-keys'
  /** What texts that are made up look like. */
  readonly text: TextStyle
}

/** Every way to fill a row, the likeliest to please the host's CHECK constraints first. */
export const fillings: readonly Filling[] = [
  { from: 'whole-keys', text: 'word' },
  { from: 'example', text: 'word' },
  { from: 'minimal', text: 'word' },
  { from: 'minimal', text: 'email' },
  { from: 'full', text: 'word' },
  { from: 'full', text: 'url' },
  { from: 'example-keys', text: 'word' },
]

export interface RowSources {
  readonly shapes: ReadonlyMap<string, TableShape>
  readonly examples: (table: TableShape) => readonly Example[]
  readonly tenantColumn: string
  /** The host's own table of organizations: the id of its row is the organization. */
  readonly root?: (QualifiedName & { readonly id: string }) | null
  /** The organizations have their rows there already. */
  readonly rootExists?: boolean | undefined
  readonly filling: Filling
  /** Tables whose rows this login cannot make: live ones are referenced instead. */
  readonly takes: (table: TableShape) => boolean
  readonly draw: Draw
}

/** Raised when no row can be planned; the message is the reason that a report gives. */
export class RowPlanError extends Error {
  override readonly name = 'RowPlanError'
}

/**
 * Plans rows, parents before children, each organization with parents of its own. Pure but for what it draws: every key
 * is chosen here, so that no sequence of the host is ever advanced.
 */
export class RowPlanner {
  readonly #sources: RowSources
  readonly #rows = new Map<string, PlannedRow>()
  readonly #open = new Set<PlannedRow>()
  readonly #ordered: PlannedRow[] = []
  readonly #hashed = new Set<readonly string[]>()
  readonly #drawn = new Map<ColumnShape, Set<string>>()
  #apart = false

  constructor(sources: RowSources) {
    this.#sources = sources
  }

  /** The rows that are to be made, in their order. */
  get ordered(): readonly PlannedRow[] {
    return this.#ordered
  }

  /** The organization's row of the table, planned once. */
  rowOf(table: TableShape, organization: string): PlannedRow {
    const key = this.#keyOf(table, organization)
    const planned = this.#rows.get(key)
    if (planned !== undefined) return planned
    const row = this.#sources.takes(table) ? this.#taken(table, organization) : this.#new(table, organization)
    this.#rows.set(key, row)
    if (!row.exists) this.#fill(row)
    return row
  }

  /**
   * A row of the organization that does not hang on the given one, so that either may be deleted without the other: one
   * that is planned already and of another table, or a new one with parents of its own.
   */
  rowApartFrom(row: PlannedRow, table: TableShape): PlannedRow {
    const planned = this.#rows.get(this.#keyOf(table, row.organization))
    if (planned !== undefined && table !== row.table) return planned
    this.#apart = true
    try {
      return this.rowOf(table, row.organization)
    } finally {
      this.#apart = false
    }
  }

  #keyOf(table: TableShape, organization: string): string {
    // An organization has one row in the root, whatever hangs on it.
    return `${this.#apart && table.class !== 'root'}\0${organization}\0${columnTypesKey(table)}`
  }

  #new(table: TableShape, organization: string): PlannedRow {
    const { root, rootExists } = this.#sources
    if (table.class !== 'root' || rootExists !== true) return newRow(table, organization)
    return { table, organization, cells: new Map([[root?.id ?? '', organization]]), exists: true }
  }

  #taken(table: TableShape, organization: string): PlannedRow {
    const examples = this.#sources.examples(table)
    const taken = [...this.#rows.values()].filter((row) => row.exists && row.table === table).length
    const example = examples[taken] ?? examples[0]
    if (example === undefined) throw new RowPlanError(`${displayName(table)} has no row that could be referenced`)
    return { table, organization, cells: new Map(Object.entries(example)), exists: true }
  }

  #fill(row: PlannedRow): void {
    this.#open.add(row)
    const { table, cells } = row
    const { tenantColumn, root } = this.#sources
    if (table.class === 'root') cells.set(root?.id ?? tenantColumn, row.organization)
    if (table.class === 'tenant') cells.set(tenantColumn, row.organization)
    const example = this.#sources.filling.from === 'minimal' ? undefined : this.#sources.examples(table)[0]
    if (table.class !== 'root') this.#planRoot(row)
    for (const key of table.foreignKeys) this.#reference(row, key, example)
    stayInPartition(row, { example, draw: this.#sources.draw, taken: this.#hashed })
    for (const column of table.columns.filter((one) => !cells.has(one.name))) {
      const cell = this.#value(table, column, example)
      if (cell !== undefined) cells.set(column.name, cell)
    }
    this.#open.delete(row)
    this.#ordered.push(row)
  }

  /** The tenant column may itself be a reference: its value is known, and the row that it names must be there. */
  #planRoot({ table, organization }: PlannedRow): void {
    const root = table.foreignKeys
      .map((key) => this.#sources.shapes.get(columnTypesKey(key.references)))
      .find((parent) => parent?.class === 'root')
    if (root !== undefined) this.rowOf(root, organization)
  }

  #reference(row: PlannedRow, key: ForeignKey, example: Example | undefined): void {
    const columns = key.columns
      .map((name) => row.table.columns.find((column) => column.name === name))
      .filter((column) => column !== undefined)
    const free = columns.filter((column) => !row.cells.has(column.name))
    if (free.length === 0) return
    const parentTable = this.#sources.shapes.get(columnTypesKey(key.references))
    const optional = free.some((column) => !column.notNull)
    const wanted =
      this.#sources.filling.from === 'full' ||
      (this.#sources.filling.from === 'whole-keys' && free.some(({ name }) => row.table.distinctColumns.has(name))) ||
      (example !== undefined && free.every((column) => example[column.name] != null))
    const parent = optional && (!wanted || parentTable === row.table) ? undefined : this.#parent(row, key, parentTable)
    if (parent === undefined || (optional && this.#open.has(parent))) {
      for (const column of free.filter((one) => !one.notNull)) row.cells.set(column.name, null)
      return
    }
    for (const column of free)
      row.cells.set(column.name, {
        row: parent,
        column: key.referencedColumns[key.columns.indexOf(column.name)] as string,
      })
  }

  #parent(row: PlannedRow, key: ForeignKey, table: TableShape | undefined): PlannedRow {
    if (table === undefined)
      throw new RowPlanError(`${key.name} references ${displayName(key.references)}, which is out of reach`)
    return this.rowOf(table, row.organization)
  }

  /** No two rows get the same: of a small type it would be drawn twice one day. An enum may run out of values. */
  #distinct(column: ColumnShape, hints: ValueHints): string | null {
    const taken = this.#drawn.get(column) ?? new Set<string>()
    this.#drawn.set(column, taken)
    for (let tries = 0; ; tries += 1) {
      const value = allowedValue(column, distinctValue(column.type, this.#sources.draw, hints), this.#sources.draw)
      if (value === null || !taken.has(value) || tries === 20) {
        if (value !== null) taken.add(value)
        return value
      }
    }
  }

  #value(table: TableShape, column: ColumnShape, example: Example | undefined): Cell | undefined {
    const { filling } = this.#sources
    const sample = example?.[column.name] ?? null
    if (mustDiffer(table, column, filling)) {
      const isPart = table.addressColumns.length !== 1 || table.addressColumns[0] !== column.name
      if (filling.from === 'example-keys' && sample !== null && isPart) return sample
      const value = this.#distinct(column, { example: sample, style: filling.text })
      if (value !== null) return value
    }
    if (sample !== null) return sample
    // The example says that NULL is right here.
    if (example !== undefined && column.name in example && !column.notNull && filling.from !== 'full') return null
    return madeUp(table, column, this.#sources)
  }
}

function mustDiffer(table: TableShape, column: ColumnShape, filling: Filling): boolean {
  return table.distinctColumns.has(column.name) && (column.notNull || filling.from !== 'minimal')
}

/** A value without an example; undefined leaves the column to its default. */
function madeUp(table: TableShape, column: ColumnShape, { filling, draw }: RowSources): Cell | undefined {
  if (column.harmlessDefault) return undefined
  if (!column.notNull && filling.from !== 'full') return null
  const value = allowedValue(column, plainValue(column.type, filling.text), draw)
  if (value !== null || !column.notNull) return value
  throw new RowPlanError(
    `no value is known for the type ${column.type.written} of ${displayName(table)}.${column.name}`,
  )
}

function newRow(table: TableShape, organization: string): PlannedRow {
  return { table, organization, cells: new Map(), exists: false }
}

/** The text of a cell, through references. */
export function cellText(row: PlannedRow, column: string, depth = 0): string | null {
  const cell = row.cells.get(column) ?? null
  if (cell === null || typeof cell === 'string') return cell
  if (depth > 100) throw new RowPlanError(`${displayName(row.table)}.${column} references itself`)
  return cellText(cell.row, cell.column, depth + 1)
}
