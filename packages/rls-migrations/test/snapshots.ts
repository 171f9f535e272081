import { runnerName } from '../src/apply/runner-lock.ts'
import { readSchemaSnapshot, type SchemaSnapshot } from '../src/catalog/schema-snapshot.ts'
import { openSession } from '../src/database/session.ts'
import type { OwnedDatabase } from './owned-database.ts'

/**
 * The schema with the names of this one database and its owner left out, and without the order of columns, to be compared
 * with another's.
 */
export async function comparableSnapshot(database: OwnedDatabase): Promise<SchemaSnapshot> {
  await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
  const snapshot = await readSchemaSnapshot(session)
  const anonymous = (text: string): string => text.replaceAll(database.owner, 'OWNER').replaceAll(database.name, 'DB')
  return new Map(
    [...snapshot].map(([object, definition]) => [
      anonymous(object),
      anonymous(object.startsWith('column ') ? definition.replace(/^\d+; /, '') : definition),
    ]),
  )
}
