import { pathOf, type SchemaGraph } from './schema-graph.ts'
import type { Catalog, Table } from './catalog.ts'

/** A partitioned table and what is below it, with all of their keys and indexes, inherited ones included. */
export interface PartitionTree {
  readonly table: Table
  /** The partitioned tables below it, each with its tree. */
  readonly branches: readonly PartitionTree[]
  /** The partitions right below it that hold rows. */
  readonly leaves: readonly Table[]
}

/** The tables below each table: its partitions, or those that inherit from it. */
export type ChildTables = ReadonlyMap<string, readonly Table[]>

export function childTables(catalog: Pick<Catalog, 'tables'>): ChildTables {
  const children = new Map<string, Table[]>()
  for (const table of catalog.tables) {
    for (const parent of table.parents) {
      const known = children.get(pathOf(parent))
      if (known === undefined) children.set(pathOf(parent), [table])
      else known.push(table)
    }
  }
  return children
}

export function partitionTree(children: ChildTables, table: Table): PartitionTree {
  const below = children.get(pathOf(table)) ?? []
  return {
    table,
    branches: below.filter(isPartitioned).map((branch) => partitionTree(children, branch)),
    leaves: below.filter((one) => !isPartitioned(one)),
  }
}

export function isPartitioned(table: Table): boolean {
  return table.partitionColumns !== null
}

/** The partitions of the whole tree that hold rows. */
export function leavesOf(tree: PartitionTree): readonly Table[] {
  return [...tree.leaves, ...tree.branches.flatMap(leavesOf)]
}

/** The partitioned tables below the root of the tree, the lowest first. */
export function branchesUpwards(tree: PartitionTree): readonly Table[] {
  return tree.branches.flatMap((branch) => [...branchesUpwards(branch), branch.table])
}

/** All tables below this one, at whatever depth. */
export function descendants(children: ChildTables, table: Table): readonly Table[] {
  const found = new Set<Table>()
  const visit = (one: Table): void => {
    for (const child of children.get(pathOf(one)) ?? []) {
      if (found.has(child)) continue
      found.add(child)
      visit(child)
    }
  }
  visit(table)
  return [...found]
}

/** The tables at the top, above which there is none: more than one where a table inherits from several. */
export function rootsOf(graph: SchemaGraph, table: Table): readonly Table[] {
  const parents = table.parents.map((name) => graph.table(name)).filter((parent) => parent !== undefined)
  return parents.length === 0 ? [table] : [...new Set(parents.flatMap((parent) => rootsOf(graph, parent)))]
}

/** Whether a table above this one passes its columns on: what is done to them is done there. */
export function hasParents(table: Table): boolean {
  return table.parents.length > 0
}

/** `only` where the table's name alone would mean the tables that inherit from it as well; keys are about its own rows. */
export function onlyItself(table: Table): string {
  return table.kind === 'inherited' ? 'only ' : ''
}
