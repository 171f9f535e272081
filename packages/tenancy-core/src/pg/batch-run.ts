import { TenancyError } from '../tenancy-error.ts'
import { assertSendable } from './assert-sendable.ts'
import { BatchQuery } from './batch-query.ts'
import type { CreatePart } from './batch-query.ts'
import type { BasePool, LentClient, QueryClass } from './pg-module.ts'
import type { QueryCallback } from './query-call.ts'
import type { StatementBook } from './statement-book.ts'

/** One statement of a batch. */
export interface BatchStatement {
  readonly text: string
  readonly values?: readonly unknown[] | undefined
  /** `'array'` for rows without names. */
  readonly rowMode?: 'array' | undefined
}

/** What batches are made with. */
export interface BatchSettings {
  readonly book: StatementBook
  readonly Query: QueryClass
}

/**
 * Checks the statements and prepares the queries of a batch.
 *
 * @throws {TenancyError} `STATEMENT_REFUSED` for transaction control, CALL and DO.
 */
export function batchParts(statements: readonly BatchStatement[], settings: BatchSettings): readonly CreatePart[] {
  if (!Array.isArray(statements)) {
    throw new TenancyError('STATEMENT_UNSUPPORTED', 'A batch is a list: pass [{ text, values }, …]; nothing was sent.')
  }
  const { book, Query } = settings
  return (statements as readonly BatchStatement[]).map(({ text, values, rowMode }) => {
    assertSendable(text, book, 'batch')
    const name = (values?.length ?? 0) > 0 ? book.nameOf(text) : undefined
    return (callback) => new Query({ text, values, rowMode, name, callback })
  })
}

/** Runs a batch on the pool of another login, which has no tenant to set. */
export function runPlainBatch(pool: BasePool, parts: readonly CreatePart[], settle: QueryCallback): void {
  pool.connect((error, client, release) => {
    if (error || client === undefined) return settle(error)
    let settled = false
    const finish: QueryCallback = (failure, results) => {
      if (settled) return
      settled = true
      client.removeListener('error', finish)
      settle(failure, results)
    }
    client.once('error', finish)
    // After the answer to the Sync, so that the connection is idle when it goes back.
    const done: QueryCallback = (failure, results) => {
      whenIdle(client, () => release(failure instanceof Error && client.getTransactionStatus() !== 'I'))
      finish(failure, results)
    }
    client.query(new BatchQuery(parts, { stale: new Set(), settle: done }))
  })
}

function whenIdle(client: LentClient, next: () => void): void {
  if (client.readyForQuery === true) return next()
  client.connection.once('readyForQuery', next)
}
