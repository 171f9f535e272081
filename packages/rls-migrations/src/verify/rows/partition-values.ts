import type { Table } from '../../catalog/catalog.ts'
import { descendants, type ChildTables } from '../../catalog/partition-tree.ts'
import type { SchemaGraph } from '../../catalog/schema-graph.ts'

/** The columns that decide into which partition a row goes, each with a value that this table takes, where one is known. */
export type PartitionValues = ReadonlyMap<string, string | null>

/** Rows of a partition must lie within its bounds; rows of a partitioned table within those of any of its partitions. */
export function partitionValues(
  table: Table,
  { graph, children }: { readonly graph: SchemaGraph; readonly children: ChildTables },
): PartitionValues {
  const leaf = [table, ...descendants(children, table)].findLast((one) => one.partitionColumns === null) ?? table
  const values = new Map<string, string | null>()
  for (let one: Table | undefined = leaf; one?.bound != null;) {
    const above: Table | undefined = graph.table(one.parents[0] ?? one)
    const first = firstValues(one.bound)
    above?.partitionColumns?.forEach((column, at) => values.set(column, first[at] ?? null))
    one = above
  }
  return values
}

/** The first value of each column that a bound allows: the lower end of a range, the first of a list. */
function firstValues(bound: string): readonly (string | null)[] {
  const list = /^FOR VALUES (?:FROM|IN) \((.*?)\)(?: TO \(.*\))?$/s.exec(bound)?.[1] ?? ''
  return (list.match(/'(?:[^']|'')*'|[^,\s]+/g) ?? []).map((text) => {
    if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'")
    return /^[\d.-]+$|^(true|false)$/.test(text) ? text : null
  })
}
