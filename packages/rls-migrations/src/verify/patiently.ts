import { setTimeout as wait } from 'node:timers/promises'
import { isPostgresError, retryableSqlStates } from '../database/postgres-error.ts'

/** How often a question to the catalog is asked again. */
const TRIES = 5

/**
 * Asks again when a lock was in the way: the server locks a table to print its policies and keys, and somebody's DDL
 * may hold it for a moment.
 */
export async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      if (tries >= TRIES || !isPostgresError(error, ...retryableSqlStates)) throw error
      await wait(100 * tries)
    }
  }
}
