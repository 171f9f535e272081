import type { Table } from '../../catalog/catalog.ts'
import { descendants, type ChildTables } from '../../catalog/partition-tree.ts'
import type { SchemaGraph } from '../../catalog/schema-graph.ts'
import { columnTypesKey } from './column-type.ts'
import type { HashChoices, PartitionHashes } from './hash-choices.ts'

/** The columns that decide into which partition a row goes, each with a value that this table takes, where one is known. */
export type PartitionValues = ReadonlyMap<string, string | null>

interface Tree {
  readonly graph: SchemaGraph
  readonly children: ChildTables
}

/** Rows of a partition must lie within its bounds; rows of a partitioned table within those of any of its partitions. */
export function partitionValues(table: Table, tree: Tree): PartitionValues {
  const values = new Map<string, string | null>()
  for (const one of partitionPath(table, tree)) {
    const above = tree.graph.table(one.parents[0] ?? one)
    const first = firstValues(one.bound ?? '')
    above?.partitionColumns?.forEach((column, at) => values.set(column, first[at] ?? null))
  }
  return values
}

/** The same of the partitions on the way that are chosen by a hash. */
export function hashChoices(table: Table, tree: Tree, hashes: PartitionHashes): readonly HashChoices[] {
  return partitionPath(table, tree)
    .map((one) => hashes.get(columnTypesKey(one)))
    .filter((choices) => choices !== undefined)
}

/** The partition that a row of the table goes into, and the partitions above it. */
function partitionPath(table: Table, { graph, children }: Tree): readonly Table[] {
  const leaf = [table, ...descendants(children, table)].findLast((one) => one.partitionColumns === null) ?? table
  const path: Table[] = []
  for (let one: Table | undefined = leaf; one?.bound != null; one = graph.table(one.parents[0] ?? one)) path.push(one)
  return path
}

/** The first value of each column that a bound allows: the lower end of a range, the first of a list. */
function firstValues(bound: string): readonly (string | null)[] {
  const list = /^FOR VALUES (?:FROM|IN) \((.*?)\)(?: TO \(.*\))?$/s.exec(bound)?.[1] ?? ''
  return (list.match(/'(?:[^']|'')*'|[^,\s]+/g) ?? []).map((text) => {
    if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'")
    return /^[\d.-]+$|^(true|false)$/.test(text) ? text : null
  })
}
