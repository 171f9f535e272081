import { createHash } from 'node:crypto'
import type { Catalog, Table } from '../catalog/catalog.ts'
import { objectName } from '../sql/identifier.ts'

/**
 * Names for the objects of a conversion. The same parts on the same table always give the same name; a name that the
 * host, or another table's object, has already is set apart by a hash.
 */
export interface ObjectNames {
  /** The name of an index, and of the key that it may become: free in its schema, and among the table's constraints. */
  index(table: Table, ...parts: readonly string[]): string
  /** The name of a constraint without an index: free among those of the table. */
  constraint(table: Table, ...parts: readonly string[]): string
}

/** A name on a table. */
export interface GivenName {
  readonly table: Table
  readonly name: string
}

/**
 * @param ours - Names that the conversion gave already, as `index` and `constraint` would give them again: they count as
 * free, so that an object has the name that it got when the plan was frozen.
 */
export function createObjectNames(catalog: Catalog, ours: readonly GivenName[] = []): ObjectNames {
  const relations = new Set(
    catalog.schemas.flatMap((schema) => schema.relations.map((name) => path(schema.name, name))),
  )
  const constraints = new Set(
    catalog.tables.flatMap((table) => table.constraints.map((name) => path(table.schema, table.name, name))),
  )
  for (const { table, name } of ours) {
    relations.delete(path(table.schema, name))
    constraints.delete(path(table.schema, table.name, name))
  }
  const given = new Map<string, string>()
  const give = (kind: 'index' | 'constraint', table: Table, parts: readonly string[]): string => {
    const wanted = path(kind, table.schema, table.name, ...parts)
    const known = given.get(wanted)
    if (known !== undefined) return known
    const isTaken = (name: string): boolean =>
      constraints.has(path(table.schema, table.name, name)) ||
      (kind === 'index' && relations.has(path(table.schema, name)))
    const name = freeName(wanted, parts, isTaken)
    given.set(wanted, name)
    constraints.add(path(table.schema, table.name, name))
    if (kind === 'index') relations.add(path(table.schema, name))
    return name
  }
  return {
    index: (table, ...parts) => give('index', table, parts),
    constraint: (table, ...parts) => give('constraint', table, parts),
  }
}

function freeName(wanted: string, parts: readonly string[], isTaken: (name: string) => boolean): string {
  let name = objectName(...parts)
  for (let at = 0; isTaken(name); at += 1) {
    const hash = createHash('sha256').update(`${wanted}\0${at}`).digest('hex').slice(0, 8)
    name = objectName(...parts, hash)
  }
  return name
}

function path(...parts: readonly string[]): string {
  return parts.join('\0')
}
