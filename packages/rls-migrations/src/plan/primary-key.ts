import type { Index, Key, Table } from '../catalog/catalog.ts'
import {
  fitsTenant,
  indexHoldsTenant,
  isCitus,
  isGenerated,
  referencesTo,
  sameColumns,
  standsOnOldKey,
  type PlanContext,
} from './plan-context.ts'

export interface PrimaryKey {
  readonly key: Key
  readonly index: Index
}

/** Why a primary key stays unique across all organizations. */
export type StayingKey =
  | { readonly reason: 'tenant' | 'generated' | 'deferrable' | 'temporal' | 'width' }
  | { readonly reason: 'held'; readonly holders: readonly string[] }

export function primaryKeyOf(table: Table): PrimaryKey | undefined {
  const key = table.keys.find((one) => one.kind === 'primary')
  const index = table.indexes.find((one) => one.constraint === key?.name)
  return key === undefined || index === undefined ? undefined : { key, index }
}

/**
 * Whether the primary key becomes `(tenant, key)` at contract. Keys whose values the database makes stay: two
 * organizations cannot choose the same one, and nobody can ask for one. All others (natural keys, text ids that the
 * application makes, join tables) are a question that another organization's rows would answer: "duplicate key".
 */
export function widensPrimaryKey(context: PlanContext, table: Table): boolean {
  return primaryKeyOf(table) !== undefined && whyPrimaryKeyStays(context, table) === undefined
}

/**
 * Whether the database makes the values of a key. Every key of a partitioned table must hold the columns that it is
 * partitioned by: they make a key no less unique than it is without them.
 */
export function isGeneratedKey(table: Table, columns: readonly string[]): boolean {
  const own = columns.filter((column) => table.partitionColumns?.includes(column) !== true || columns.length === 1)
  return own.length === 1 && isGenerated(table, own[0] as string)
}

/** Undefined when the key becomes `(tenant, key)`, and when there is none. */
export function whyPrimaryKeyStays(context: PlanContext, table: Table): StayingKey | undefined {
  const primary = primaryKeyOf(table)
  if (primary === undefined) return undefined
  const { key, index } = primary
  if (indexHoldsTenant(context, table, index)) return { reason: 'tenant' }
  // Citus wants the distribution column in every key.
  if (!isCitus(context.settings) && isGeneratedKey(table, key.columns)) return { reason: 'generated' }
  if (key.temporal) return { reason: 'temporal' }
  if (key.deferrable) return { reason: 'deferrable' }
  if (!fitsTenant(index.width)) return { reason: 'width' }
  const holders = keyHolders(context, table, primary)
  return holders.length === 0 ? undefined : { reason: 'held', holders }
}

/**
 * What needs an old key for good, so that it cannot go: foreign keys of tables that get no tenant, views and functions
 * that name it, and a publication that tells rows by it.
 */
export function keyHolders(
  context: PlanContext,
  table: Table,
  { key, index }: { readonly key: Key | undefined; readonly index: Index },
): readonly string[] {
  const foreignKeys = referencesTo(context, table)
    .filter((one) => index.columns !== null && sameColumns(one.key.referencedColumns, index.columns))
    .filter((one) => standsOnOldKey(context, one.table, one.key))
    .map((one) => `foreign key ${one.key.name}`)
  return [
    ...foreignKeys,
    ...(key?.dependents ?? []).map((dependent) => `${dependent}, which names it,`),
    ...(index.replicaIdentity ? ['publication that tells rows by it (REPLICA IDENTITY)'] : []),
    // An UPDATE of a published table fails when a column of its key is not in the list.
    ...(key?.kind === 'primary'
      ? table.columnLists.map((name) => `publication ${name}, whose columns it is among,`)
      : []),
  ]
}
