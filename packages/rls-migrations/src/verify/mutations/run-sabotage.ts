import { isPostgresError } from '../../database/postgres-error.ts'
import type { OpenSession } from '../../database/session.ts'
import type { Mutation } from './mutation.ts'

/** Why a sabotage that the server took is none. */
export const changesNothing = 'it changes nothing on this server'

/**
 * Runs the statements of a sabotage in a transaction in which nothing was written yet.
 *
 * @returns why there is nothing to look for: the server refused it, or wrote nothing at all, since only a transaction
 * that writes is given an id. Undefined when something is sabotaged.
 */
export async function runSabotage(
  session: Pick<OpenSession, 'query'>,
  { statements }: Pick<Mutation, 'statements'>,
): Promise<string | undefined> {
  try {
    for (const statement of statements) await session.query(statement)
  } catch (error) {
    if (!isPostgresError(error)) throw error
    return `${error.code} ${error.message}`
  }
  const { rows } = await session.query<{ idle: boolean }>(
    'select pg_catalog.pg_current_xact_id_if_assigned() is null as idle',
  )
  return rows[0]?.idle === true ? changesNothing : undefined
}
