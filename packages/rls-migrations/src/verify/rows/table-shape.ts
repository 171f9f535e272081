import type { Catalog, Column, ForeignKey, Table } from '../../catalog/catalog.ts'
import type { TableClass } from '../../classify/classify-tables.ts'
import { childTables, rootsOf } from '../../catalog/partition-tree.ts'
import { byName, pathOf, SchemaGraph } from '../../catalog/schema-graph.ts'
import type { Plan } from '../../plan/plan.ts'
import type { QualifiedName } from '../../sql/identifier.ts'
import type { HashChoices, PartitionHashes } from './hash-choices.ts'
import { hashChoices, partitionValues, type PartitionValues } from './partition-values.ts'
import { columnTypesKey, type ColumnType, type ColumnTypes } from './column-type.ts'
import type { TableRules, ValueRules } from './value-rules.ts'

/** What is needed to make rows of a table. */
export interface TableShape extends QualifiedName {
  readonly class: TableClass
  readonly columns: readonly ColumnShape[]
  /** Columns of which two rows may not have the same values, together or alone. */
  readonly distinctColumns: ReadonlySet<string>
  /** The columns that address a row, the tenant aside; empty when only its place does. */
  readonly addressColumns: readonly string[]
  readonly foreignKeys: readonly ForeignKey[]
  /** Of partitions and partitioned tables. */
  readonly partitionValues: PartitionValues
  /** Of partitions that are chosen by a hash, and of tables that are divided by one. */
  readonly hashChoices: readonly HashChoices[]
}

export interface ColumnShape {
  readonly name: string
  readonly type: ColumnType
  readonly notNull: boolean
  /** The server makes the value, and refuses one that is not forced on it. */
  readonly alwaysIdentity: boolean
  /** A default that draws from no sequence and calls nothing of the host's: it may be left to the server. */
  readonly harmlessDefault: boolean
  /** What CHECK constraints say of its values. */
  readonly rules?: ValueRules | undefined
}

/** The shapes of all tables of the catalog, by {@link columnTypesKey}. Tables that the plan does not know are `skipped`. */
export function tableShapes(
  catalog: Catalog,
  plan: Plan,
  known: { readonly types: ColumnTypes; readonly rules: TableRules; readonly hashes: PartitionHashes },
): ReadonlyMap<string, TableShape> {
  const planned = byName([...plan.tables.tenant, ...plan.tables.user, ...plan.tables.shared])
  const tree = { graph: new SchemaGraph(catalog), children: childTables(catalog) }
  return new Map(
    catalog.tables.map((table) => {
      const tableClass = planned.get(pathOf(table))?.class ?? 'skipped'
      return [
        columnTypesKey(table),
        {
          ...shapeOf(table, tableClass, {
            ...known,
            forced: forcedColumns(table, tree.graph),
            tenantColumn: plan.settings.tenantColumn,
          }),
          partitionValues: partitionValues(table, tree),
          hashChoices: hashChoices(table, tree, known.hashes),
        },
      ]
    }),
  )
}

function shapeOf(
  table: Table,
  tableClass: TableClass,
  {
    types,
    rules,
    tenantColumn,
    forced,
  }: {
    types: ColumnTypes
    rules: TableRules
    tenantColumn: string
    forced: ReadonlySet<string>
  },
): Omit<TableShape, 'partitionValues' | 'hashChoices'> {
  const columnTypes = types.get(columnTypesKey(table))
  const columnRules = rules.get(columnTypesKey(table))
  const address =
    (
      table.keys.find((key) => key.kind === 'primary') ??
      table.keys.find((key) => key.kind === 'unique' && isNotNull(table, key.columns))
    )?.columns ?? []
  return {
    schema: table.schema,
    name: table.name,
    class: tableClass,
    columns: table.columns
      .filter((column) => !column.generated)
      .map((column) => {
        const type = columnTypes?.get(column.name) ?? unknownType(column)
        return {
          name: column.name,
          type,
          notNull: column.notNull || type.notNull,
          alwaysIdentity: forced.has(column.name),
          rules: columnRules?.get(column.name),
          harmlessDefault: column.default !== null && isHarmless(column.default),
        }
      }),
    distinctColumns: distinctColumns(table),
    addressColumns: address.filter((column) => column !== tenantColumn),
    foreignKeys: table.foreignKeys,
  }
}

function isNotNull(table: Table, columns: readonly string[]): boolean {
  return columns.every((name) => table.columns.some((column) => column.name === name && column.notNull))
}

function unknownType(column: Column): ColumnType {
  return { written: column.type, base: column.type, labels: [], element: null, range: false, notNull: false }
}

/** Any function of the host may draw from a sequence: only literals and functions of the server's own are left to it. */
function isHarmless(expression: string): boolean {
  if (/\boperator\(/i.test(expression)) return false
  const calls = expression.match(/[\w."]+(?=\()/g) ?? []
  return calls.every((call) =>
    /^(now|clock_timestamp|statement_timestamp|transaction_timestamp|gen_random_uuid|uuidv[47]|random|md5|timezone|current_tenant_id|\w+\.current_tenant_id|COALESCE|coalesce)$/.test(
      call,
    ),
  )
}

function distinctColumns(table: Table): Set<string> {
  const names = new Set<string>()
  for (const column of table.columns)
    if (column.identity !== '' || /nextval\(/.test(column.default ?? '')) names.add(column.name)
  for (const key of table.keys) for (const name of key.columns) names.add(name)
  for (const index of table.indexes.filter((one) => one.unique)) {
    for (const name of index.columns ?? namesIn(table, index.expressions)) names.add(name)
  }
  return names
}

/** The columns that an expression mentions: by their words, since the server offers no other way to ask. */
function namesIn(table: Table, expressions: readonly string[]): string[] {
  const words = new Set(
    expressions
      .flatMap((expression) => expression.match(/"(?:[^"]|"")+"|\w+/g) ?? [])
      .map((word) => word.replaceAll('"', '')),
  )
  return table.columns.map((column) => column.name).filter((name) => words.has(name.replaceAll('"', '')))
}

/** Columns of which the server makes the values: before 17 the table above makes them, and a partition does not tell. */
function forcedColumns(table: Table, graph: SchemaGraph): ReadonlySet<string> {
  return new Set(
    [table, ...rootsOf(graph, table)].flatMap((one) =>
      one.columns.filter((column) => column.identity === 'a').map((column) => column.name),
    ),
  )
}
