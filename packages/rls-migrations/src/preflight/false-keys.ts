import type { Catalog, ForeignKey, Table } from '../catalog/catalog.ts'
import { isPostgresError } from '../database/postgres-error.ts'
import type { Session } from '../database/session.ts'
import type { Hazard } from '../plan/plan.ts'
import { joinCondition } from '../derive/join-condition.ts'
import { displayName, quoteIdentifier, quoteName, sameName } from '../sql/identifier.ts'

/**
 * Foreign keys that PostgreSQL calls valid and that are not: under FORCE ROW LEVEL SECURITY an owner validates a key
 * without seeing a row, and is told nothing. Only keys between tables with FORCE are read, so that a plan of an ordinary
 * database reads no rows at all.
 */
export async function findFalseKeys(session: Session, catalog: Catalog): Promise<readonly Hazard[]> {
  const hazards: Hazard[] = []
  for (const table of catalog.tables) {
    for (const key of table.foreignKeys.filter((one) => isDoubtful(catalog, table, one))) {
      const hazard = await proveKey(session, table, key)
      if (hazard !== undefined) hazards.push(hazard)
    }
  }
  return hazards
}

function isDoubtful(catalog: Catalog, table: Table, key: ForeignKey): boolean {
  if (!key.validated || !key.enforced || key.temporal) return false
  const parent = catalog.tables.find((one) => sameName(one, key.references))
  return table.forceRowSecurity || parent?.forceRowSecurity === true
}

async function proveKey(session: Session, table: Table, key: ForeignKey): Promise<Hazard | undefined> {
  const orphans = `select count(*)::int as rows from ${quoteName(table)} child where ${key.columns.map((column) => `child.${quoteIdentifier(column)} is not null`).join(' and ')} and not exists (select from ${quoteName(key.references)} parent where ${joinCondition(key, 'child', 'parent')})`
  const object = `foreign key ${key.name} on ${displayName(table)}`
  try {
    const { rows } = await session.query<{ rows: number }>(orphans)
    const count = rows[0]?.rows ?? 0
    if (count === 0) return undefined
    return {
      id: 'false-key',
      severity: 'blocking',
      object,
      message: `PostgreSQL calls it valid, and ${count} rows reference no row: it was validated under FORCE ROW LEVEL SECURITY, where an owner sees none. Correct the rows first.`,
    }
  } catch (error) {
    // With row_security off a policy in the way is an error, and not an empty answer.
    if (!isPostgresError(error, '42501')) throw error
    return {
      id: 'unproved-key',
      severity: 'warning',
      object,
      message: `PostgreSQL calls it valid, but under FORCE ROW LEVEL SECURITY an owner validates without seeing a row. As a superuser or a role with BYPASSRLS, this must be 0: ${orphans}`,
    }
  }
}
