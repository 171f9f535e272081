import type { ProbeLane } from '../probe-lane.ts'
import { quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { columnTypesKey } from './column-type.ts'
import type { Example } from './plan-rows.ts'
import type { TableShape } from './table-shape.ts'

/** Larger values are left out: they would travel to this process and back. */
const LARGEST_VALUE_BYTES = 8192

/**
 * Live rows, to take values from that the host's CHECK constraints accept. They are read as the operator, who sees the
 * rows of every organization under FORCE as well.
 */
export class Examples {
  readonly #lane: ProbeLane
  readonly #shapes: ReadonlyMap<string, TableShape>
  readonly #known = new Map<TableShape, readonly Example[]>()

  constructor(lane: ProbeLane, shapes: ReadonlyMap<string, TableShape>) {
    this.#lane = lane
    this.#shapes = shapes
  }

  of(table: TableShape): readonly Example[] {
    return this.#known.get(table) ?? []
  }

  /** Reads examples of the table and of all that it references, once each. */
  async prepare(table: TableShape): Promise<void> {
    const waiting = [table]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.#known.has(next)) continue
      this.#known.set(next, await this.#read(next))
      waiting.push(
        ...next.foreignKeys
          .map((key) => this.#shapes.get(columnTypesKey(key.references)))
          .filter((one) => one !== undefined),
      )
    }
  }

  async #read(table: TableShape): Promise<readonly Example[]> {
    const role = this.#lane.as(table.class === 'skipped' ? 'login' : 'operator')
    if (role === null || table.columns.length === 0) return []
    const columns = table.columns.map(({ name }, at) => {
      const column = quoteIdentifier(name)
      return `case when pg_catalog.pg_column_size(${column}) operator(pg_catalog.<) ${LARGEST_VALUE_BYTES} then ${column}::pg_catalog.text end as "${at}"`
    })
    const opened = await this.#lane.begin()
    const select = `select ${columns.join(', ')} from ${quoteName(table)} limit 2`
    const outcome = opened.kind === 'error' ? opened : await this.#lane.run([...role, select])
    await this.#lane.rollback()
    // Without an example values are made up; a table that the operator cannot read is found by the catalog's checks.
    if (outcome.kind === 'error') return []
    return outcome.rows.map((row) =>
      Object.fromEntries(table.columns.map(({ name }, at) => [name, (row[String(at)] ?? null) as string | null])),
    )
  }
}
