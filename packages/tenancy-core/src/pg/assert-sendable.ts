import { TenancyError } from '../tenancy-error.ts'
import { isTransactionControl } from './statement.ts'
import type { Statement } from './statement.ts'
import type { StatementBook } from './statement-book.ts'

/**
 * Refuses what must not be sent. `single` is a statement on its own, whose connection goes to another tenant right
 * after it; `foreign` comes from a cursor or a stream of another library; `batch` is one of several that take effect
 * together or not at all.
 *
 * @throws {TenancyError} `STATEMENT_REFUSED` for what would outlive its unit or change the scope.
 * @throws {TenancyError} `STATEMENT_UNSUPPORTED` for what cannot be scoped.
 */
export function assertSendable(text: unknown, book: StatementBook, place?: 'single' | 'foreign' | 'batch'): Statement {
  if (typeof text !== 'string') {
    throw new TenancyError('STATEMENT_UNSUPPORTED', 'A query without a text cannot be scoped; nothing was sent.')
  }
  const statement = book.read(text)
  const { refusal, kind } = statement
  if (refusal?.code === 'STATEMENT_UNSUPPORTED') {
    throw new TenancyError(
      'STATEMENT_UNSUPPORTED',
      `Not supported: ${refusal.reason}; nothing was sent. Send one statement a call: ${excerpt(text)}`,
      { details: { reason: refusal.reason } },
    )
  }
  if (refusal !== undefined) throw refused(text, refusal.reason)
  if (place === 'batch' && kind === 'call') throw refused(text, 'CALL and DO may commit in the middle of a batch')
  if (place === undefined || !isTransactionControl(kind)) return statement
  throw refused(text, controlIn[place])
}

/**
 * Refuses to open or end a transaction on a pool: the connection goes back right after, in whatever state it is.
 *
 * @throws {TenancyError} `STATEMENT_REFUSED`
 */
export function assertNoControl(text: unknown, book: StatementBook): void {
  if (typeof text !== 'string') return
  const { kind, refusal } = book.read(text)
  if (refusal === undefined && isTransactionControl(kind)) throw refused(text, controlOnPool)
}

const controlOnPool =
  'a transaction on a connection that goes back to the pool right after. Check out a client with pool.connect()'

const controlIn = {
  single: controlOnPool,
  foreign: 'transaction control in a cursor or stream',
  batch: 'transaction control in a batch, which is one transaction by itself',
} as const

function refused(text: string, reason: string): TenancyError {
  return new TenancyError('STATEMENT_REFUSED', `Refused: ${reason}; nothing was sent: ${excerpt(text)}`, {
    details: { reason },
  })
}

/** Enough to find the statement; not its values, should somebody have written them into it. */
function excerpt(text: string): string {
  const line = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/'[^']*'/g, "'…'")
  return line.length > 80 ? `${line.slice(0, 80)}…` : line
}
