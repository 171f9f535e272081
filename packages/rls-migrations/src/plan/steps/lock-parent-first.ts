import { quoteName, sameName, type QualifiedName } from '../../sql/identifier.ts'

/**
 * Locks both ends of a foreign key, the parent first, as the service does that writes both. A statement each: whoever
 * runs them must not wait as long for the second, holding the first, as it may for the first, holding nothing.
 */
export function lockParentFirst(
  table: QualifiedName,
  parent: QualifiedName,
  mode: 'share row exclusive' | 'access exclusive',
): readonly string[] {
  const tables = sameName(table, parent) ? [table] : [parent, table]
  return tables.map((one) => `lock table ${quoteName(one)} in ${mode} mode`)
}
