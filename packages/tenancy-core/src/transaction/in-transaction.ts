import { setTimeout } from 'node:timers/promises'
import type { Tenancy } from '../tenancy.ts'
import type { CallerTransaction } from './caller-transaction.ts'
import type { RunStatement } from './run-statement.ts'
import { sqlStateOf } from './sql-state.ts'
import { statementRunner } from './statement-runner.ts'

const attempts = 5
/** Deadlock, and a snapshot that another transaction overtook: nothing was done, and asking again helps. */
const retryable: ReadonlySet<string> = new Set(['40P01', '40001'])

/**
 * Does `work` in the caller's transaction, or in one of its own in the scope that is open: committed when `work`
 * resolves, rolled back when it rejects. A transaction of its own that PostgreSQL ended for a deadlock is run again, a
 * few times, so `work` may be called more than once and does nothing beside its statements.
 *
 * @throws {TenancyError} `TRANSACTION_INVALID` for a transaction that is none, and what `work` rejects with.
 *
 * @example
 * ```ts
 * const created = await inTransaction(tenancy, options.transaction, async (run) => {
 *   return await run('insert into repositories (name) values ($1) returning name', ['web'])
 * })
 * created // [{ name: 'web' }]
 * ```
 */
export async function inTransaction<T>(
  tenancy: Pick<Tenancy, 'pool'>,
  transaction: CallerTransaction | undefined,
  work: (run: RunStatement) => Promise<T>,
): Promise<T> {
  if (transaction !== undefined) return await work(statementRunner(transaction))
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inOwn(tenancy, work)
    } catch (error) {
      if (attempt === attempts || !retryable.has(sqlStateOf(error) ?? '')) throw error
      // Two that met once would meet again.
      await setTimeout(Math.random() * 20 * attempt)
    }
  }
}

async function inOwn<T>(tenancy: Pick<Tenancy, 'pool'>, work: (run: RunStatement) => Promise<T>): Promise<T> {
  const client = await tenancy.pool.connect()
  let lost: unknown
  try {
    // What is decided under a lock is decided by what is committed then, whatever the default of the database is.
    await client.query('begin isolation level read committed')
    const result = await work(async <Row extends object>(text: string, values: readonly unknown[]) => {
      const { rows } = await client.query<Row>(text, [...values])
      return rows
    })
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((failure: unknown) => {
      lost = failure
    })
    throw error
  } finally {
    // A connection whose ROLLBACK failed is of no use to anybody.
    client.release(lost !== undefined)
  }
}
