import { TenancyError } from '@partywall/tenancy-core'
import type { Catalog, Column, Table } from '../catalog/catalog.ts'
import { findTable } from '../catalog/find-table.ts'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import { displayName, type QualifiedName } from '../sql/identifier.ts'

/** The host's own table of organizations. */
export interface AdoptedRoot extends QualifiedName {
  /** The column whose values are the tenants. */
  readonly id: string
  /** The column with a text for people; null when the id must do. */
  readonly label: string | null
  /** The column with a text for URLs; null when the id must do. */
  readonly slug: string | null
}

/** A root that the catalog knows, and what a tenant column that points at it is made of. */
export interface FoundRoot {
  readonly table: Table
  readonly root: AdoptedRoot
  readonly keyType: string
}

/**
 * The root that the configuration adopts; undefined when it adopts none.
 *
 * @throws TenancyError `TABLE_UNKNOWN` when there is no such table; `ROOT_UNUSABLE` when its rows cannot be organizations:
 * it is no plain table, or no column of it tells its rows apart.
 */
export function findRoot(catalog: Catalog, config: ResolvedConfig): FoundRoot | undefined {
  const { root } = config
  if (root === undefined) return undefined
  const table = findTable(catalog, root.table)
  if (table.kind !== 'table') throw unusable(table, `it is no plain table (${table.kind})`)
  const id = root.id ?? table.keys.find((key) => key.kind === 'primary' && key.columns.length === 1)?.columns[0]
  if (id === undefined) throw unusable(table, 'it has no primary key of one column; name one with root.id')
  const column = columnOf(table, id, 'id')
  if (!column.notNull) throw unusable(table, `its column ${id} may be null`)
  if (!isKey(table, id)) throw unusable(table, `its column ${id} is not unique`)
  for (const member of ['name', 'slug'] as const) if (root[member] !== undefined) columnOf(table, root[member], member)
  return {
    table,
    root: { schema: table.schema, name: table.name, id, label: root.name ?? null, slug: root.slug ?? null },
    keyType: bareType(column),
  }
}

/**
 * The type without its length: a cast to `varchar(5)` would cut a text to another organization's id, where a comparison
 * refuses it.
 */
export function bareType(column: Pick<Column, 'baseType'>): string {
  const bare = column.baseType.replace(/\(.*\)/, '')
  // `character` alone is a single one.
  return bare === 'character' ? 'bpchar' : bare
}

function columnOf(table: Table, name: string, member: string): Column {
  const column = table.columns.find((one) => one.name === name)
  if (column === undefined) throw unusable(table, `it has no column ${name}, which root.${member} names`)
  return column
}

/** What a foreign key can stand on: unique, over that column alone, and whole. */
function isKey(table: Table, column: string): boolean {
  return table.keys.some(
    (key) => key.kind !== 'exclusion' && !key.deferrable && key.columns.length === 1 && key.columns[0] === column,
  )
}

function unusable(table: Table, reason: string): TenancyError {
  return new TenancyError('ROOT_UNUSABLE', `The table ${displayName(table)} cannot be the root: ${reason}.`, {
    details: { table: displayName(table) },
  })
}
