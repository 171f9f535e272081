import { randomInt } from 'node:crypto'
import type { Catalog, Table } from '../../catalog/catalog.ts'
import { childTables } from '../../catalog/partition-tree.ts'
import { pathOf } from '../../catalog/schema-graph.ts'
import type { Session } from '../../database/session.ts'
import { quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { allowedValue } from './allowed-value.ts'
import { columnTypesKey, type ColumnType, type ColumnTypes } from './column-type.ts'
import { distinctValue } from './value-maker.ts'
import type { TableRules } from './value-rules.ts'

/** Values with which a row belongs into a hash partition: which they are, only the server can tell. */
export interface HashChoices {
  readonly columns: readonly string[]
  /** A value for each of the columns, together. */
  readonly tuples: readonly (readonly string[])[]
}

/** By the hash partition, as {@link columnTypesKey} writes it. */
export type PartitionHashes = ReadonlyMap<string, HashChoices>

export interface HashSources {
  readonly types: ColumnTypes
  readonly rules: TableRules
  readonly tenantColumn: string
}

interface HashPartition {
  readonly table: Table
  readonly modulus: number
  readonly remainder: number
}

interface HashedTable {
  readonly table: Table
  readonly columns: readonly string[]
  readonly types: readonly ColumnType[]
  readonly partitions: readonly HashPartition[]
}

/** How many tuples are drawn for each partition of the largest modulus, the most of all, and how many a partition keeps. */
const [DRAWN, MOST_DRAWN, KEPT] = [48, 4096, 32]
/** How many organizations are drawn where other columns count as well: each needs several values of theirs. */
const ORGANIZATIONS = 4

/** Draws values for rows of every hash partition; a query for each table that is divided in this way, none without one. */
export async function readHashChoices(
  session: Session,
  catalog: Pick<Catalog, 'tables'>,
  sources: HashSources,
): Promise<PartitionHashes> {
  const choices = new Map<string, HashChoices>()
  for (const hashed of await findHashed(session, catalog, sources)) {
    const tuples = drawTuples(hashed, sources)
    const taken = await sortTuples(session, hashed, tuples)
    for (const [at, { table }] of hashed.partitions.entries())
      choices.set(columnTypesKey(table), { columns: hashed.columns, tuples: taken[at] ?? [] })
  }
  return choices
}

/** The tables that are divided by columns; what an expression hashes to cannot be chosen. */
async function findHashed(
  session: Session,
  catalog: Pick<Catalog, 'tables'>,
  { types }: HashSources,
): Promise<readonly HashedTable[]> {
  const children = childTables(catalog)
  const candidates = catalog.tables.flatMap((table): readonly HashedTable[] => {
    const partitions = (children.get(pathOf(table)) ?? []).flatMap(hashPartition)
    const columns = table.partitionColumns ?? []
    const known = columns.map((column) => types.get(columnTypesKey(table))?.get(column))
    // A value of a domain runs checks of the host as soon as it is written.
    const all = known.filter((type): type is ColumnType => type !== undefined && type.written === type.base)
    return partitions.length === 0 || all.length < columns.length ? [] : [{ table, columns, types: all, partitions }]
  })
  if (candidates.length === 0) return []
  const { rows } = await session.query<{ schema: string; name: string }>(
    'select n.nspname as schema, c.relname as name from pg_partitioned_table k join pg_class c on c.oid = k.partrelid join pg_namespace n on n.oid = c.relnamespace where 0 <> all(k.partattrs::int2[])',
  )
  const plain = new Set(rows.map(pathOf))
  return candidates.filter(({ table }) => plain.has(pathOf(table)))
}

function hashPartition(table: Table): readonly HashPartition[] {
  const [, modulus, remainder] = /^FOR VALUES WITH \(modulus (\d+), remainder (\d+)\)$/i.exec(table.bound ?? '') ?? []
  return modulus === undefined ? [] : [{ table, modulus: Number(modulus), remainder: Number(remainder) }]
}

function drawTuples(
  { table, columns, types, partitions }: HashedTable,
  { rules, tenantColumn }: HashSources,
): readonly (readonly string[])[] {
  const value = (column: string, type: ColumnType): string | null =>
    allowedValue(
      { type, rules: rules.get(columnTypesKey(table))?.get(column) },
      distinctValue(type, randomInt),
      randomInt,
    )
  const few = new Map(
    columns.map((column, at) => [
      column,
      Array.from({ length: ORGANIZATIONS }, () => value(column, types[at] as ColumnType)),
    ]),
  )
  const count = Math.min(MOST_DRAWN, DRAWN * Math.max(...partitions.map((one) => one.modulus)))
  return Array.from({ length: count }, () =>
    columns.map((column, at) =>
      column === tenantColumn && columns.length > 1
        ? (few.get(column)?.[randomInt(ORGANIZATIONS)] ?? null)
        : value(column, types[at] as ColumnType),
    ),
  ).filter((tuple): tuple is string[] => !tuple.includes(null))
}

/** The tuples that each partition takes. */
async function sortTuples(
  session: Session,
  { table, types, partitions }: HashedTable,
  tuples: readonly (readonly string[])[],
): Promise<readonly (readonly (readonly string[])[])[]> {
  const names = types.map((_, at) => `"${at}"`)
  const values = types.map((type, at) => `one.${names[at]}::${type.written}`).join(', ')
  const { rows } = await session.query<{ tuples: string[][] }>(
    `select coalesce((select jsonb_agg(kept.tuple) from (
       select jsonb_build_array(${names.map((name) => `one.${name}`).join(', ')}) as tuple
       from unnest(${names.map((_, at) => `$${at + 3}::text[]`).join(', ')}) as one(${names.join(', ')})
       where satisfies_hash_partition(${quoteLiteral(quoteName(table))}::regclass, part.modulus, part.remainder, ${values})
       limit ${KEPT}) kept), '[]'::jsonb) as tuples
     from unnest($1::int[], $2::int[]) with ordinality part(modulus, remainder, at) order by part.at`,
    [
      partitions.map((one) => one.modulus),
      partitions.map((one) => one.remainder),
      ...types.map((_, at) => tuples.map((tuple) => tuple[at])),
    ],
  )
  return rows.map((row) => row.tuples)
}
