import { TenancyError } from '@partywall/tenancy-core'
import type { ForeignKey, Table } from '../catalog/catalog.ts'
import type { OrganizationFrom } from '../config/conversion-config.ts'
import { displayName, sameName } from '../sql/identifier.ts'
import type { AdoptedRoot } from './adopted-root.ts'
import type { Edge } from './derivation.ts'

/** What the ways of a table are looked for among. */
export interface EdgeSources {
  readonly root: AdoptedRoot
  /** Columns that hold the id of the root without a foreign key, in whatever table. */
  readonly columns: readonly string[]
  /** Whether rows of the table belong to organizations: the root, and what is isolated. */
  readonly belongs: (table: { readonly schema: string; readonly name: string }) => boolean
}

/** Every way that leads from the table one step nearer to its organization, references to itself included. */
export function findEdges(table: Table, sources: EdgeSources): readonly Edge[] {
  const keys = table.foreignKeys.filter((key) => !key.temporal && sources.belongs(key.references))
  const byKey = keys.map((key) => keyEdge(table, key, sources.root))
  const held = new Set(byKey.flatMap((edge) => (edge.columns.length === 1 ? edge.columns : [])))
  const byColumn = table.columns
    .filter((column) => sources.columns.includes(column.name) && !held.has(column.name))
    .map((column) => columnEdge(column.name))
  return [...byKey, ...byColumn]
}

/**
 * The way that the configuration names.
 *
 * @throws TenancyError `CONFIGURATION_INVALID` when the table has no such column or key, or the key leads nowhere.
 */
export function namedEdge(
  table: Table,
  from: Exclude<OrganizationFrom, 'default-organization'>,
  edges: readonly Edge[],
): Edge {
  const found =
    'column' in from
      ? (edges.find((edge) => edge.columns.length === 1 && edge.columns[0] === from.column) ??
        (table.columns.some((column) => column.name === from.column) ? columnEdge(from.column) : undefined))
      : edges.find((edge) => edge.constraint === from.foreignKey)
  if (found !== undefined) return found
  const what =
    'column' in from
      ? `has no column ${from.column}`
      : `has no foreign key ${from.foreignKey} to a table whose rows belong to organizations`
  throw new TenancyError('CONFIGURATION_INVALID', `organizationFrom: the table ${displayName(table)} ${what}.`, {
    details: { table: displayName(table) },
  })
}

function keyEdge(table: Table, key: ForeignKey, root: AdoptedRoot): Edge {
  const nullable =
    !key.validated ||
    !key.enforced ||
    key.columns.some((name) => table.columns.find((column) => column.name === name)?.notNull !== true)
  const isId =
    sameName(key.references, root) && key.referencedColumns.length === 1 && key.referencedColumns[0] === root.id
  // A key that was never validated, or is not enforced, may name a row of the root that does not exist.
  const parent = isId && key.validated && key.enforced ? null : referenceOf(key)
  return { columns: key.columns, constraint: key.name, nullable, parent }
}

function referenceOf({ references, referencedColumns, comparisons }: ForeignKey): Edge['parent'] {
  return { table: references, columns: referencedColumns, comparisons }
}

function columnEdge(column: string): Edge {
  return { columns: [column], constraint: null, nullable: true, parent: null }
}
