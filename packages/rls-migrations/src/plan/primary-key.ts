import type { Table } from '../catalog/catalog.ts'
import { classOf, isGenerated, keepsOldForeignKey, referencesTo, type PlanContext } from './plan-context.ts'

/**
 * Whether the primary key becomes `(tenant, key)` at contract. Keys whose values the database makes stay: two
 * organizations cannot choose the same one, and nobody can ask for one. All others (natural keys, text ids that the
 * application makes, join tables) are a question that another organization's rows would answer: "duplicate key".
 */
export function widensPrimaryKey(context: PlanContext, table: Table): boolean {
  const primary = table.keys.find((key) => key.kind === 'primary')
  if (primary === undefined || primary.deferrable) return false
  if (primary.columns.length === 1 && isGenerated(table, primary.columns[0] as string)) return false
  return primaryKeyHolders(context, table).length === 0
}

/**
 * What needs the old primary key for good, so that it cannot be widened: foreign keys of tables that get no tenant, and
 * views that group by it.
 */
export function primaryKeyHolders(context: PlanContext, table: Table): readonly string[] {
  const primary = table.keys.find((key) => key.kind === 'primary')
  const foreignKeys = referencesTo(context, table)
    .filter(({ key }) => key.referencedColumns.join('\0') === primary?.columns.join('\0'))
    .filter(({ table: child, key }) => classOf(context, child) !== 'tenant' || keepsOldForeignKey(context, key))
    .map(({ key }) => `foreign key ${key.name}`)
  return [...foreignKeys, ...(primary?.dependents ?? []).map((dependent) => `${dependent}, which names it,`)]
}
