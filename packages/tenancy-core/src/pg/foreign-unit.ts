/* oxlint-disable no-underscore-dangle -- the names are the driver's own */
import { TenancyError } from '../tenancy-error.ts'
import type { DriverConnection, DriverQuery, DriverSession } from './driver-session.ts'
import { scopeAborted } from './scope-of-call.ts'
import type { UnitScope } from './scope-of-call.ts'
import { notOpened, sqlStateOf } from './unit-errors.ts'

/**
 * A cursor or a stream of another library. It speaks to the wire by itself, over several round trips, so no context can
 * be put in front of it: it runs only in a transaction that has its tenant already, and is refused otherwise.
 */
export class ForeignUnit {
  readonly keepsPortal = true
  readonly #inner: DriverQuery
  readonly #session: DriverSession
  readonly #scope: UnitScope
  readonly #ended: () => void

  constructor(inner: DriverQuery, binding: { session: DriverSession; scope: UnitScope; ended: () => void }) {
    this.#inner = inner
    this.#session = binding.session
    this.#scope = binding.scope
    this.#ended = binding.ended
    // A query object of the driver would choose the simple protocol, which takes several statements.
    if (inner.requiresPreparation !== undefined) inner.requiresPreparation = (): boolean => true
  }

  get name(): string | undefined {
    return this.#inner.name
  }

  get text(): string | undefined {
    return this.#inner.text
  }

  get callback(): DriverQuery['callback'] {
    return this.#inner.callback
  }

  set callback(callback: DriverQuery['callback']) {
    this.#inner.callback = callback
  }

  get _result(): DriverQuery['_result'] {
    return this.#inner._result
  }

  submit(connection: DriverConnection): Error | null | undefined {
    const session = this.#session
    const { signal } = this.#scope
    if (signal?.aborted === true) return scopeAborted(signal)
    if (session.doomed === 'preface-failed') return notOpened()
    const status = session.client.getTransactionStatus()
    // In a transaction that has failed, the server refuses everything, and says why: 25P02.
    if (status !== 'E' && (status !== 'T' || !session.isArmedFor(this.#scope))) return unscoped()
    // Destroyed while it waited for its turn, it would ask the server for nothing more, not even for the end.
    if (this.#inner.destroyed === true) return new Error('The stream was destroyed before it was sent.')
    return this.#inner.submit(connection)
  }

  handleRowDescription(message: unknown): void {
    this.#inner.handleRowDescription?.(message)
  }

  handleDataRow(message: { fields: readonly (string | null)[] }): void {
    this.#inner.handleDataRow?.(message)
  }

  handleCommandComplete(message: unknown, connection: DriverConnection): void {
    this.#inner.handleCommandComplete?.(message, connection)
  }

  handleEmptyQuery(connection: DriverConnection): void {
    this.#inner.handleEmptyQuery?.(connection)
  }

  handlePortalSuspended(connection: DriverConnection): void {
    this.#inner.handlePortalSuspended?.(connection)
  }

  handleCopyInResponse(connection: DriverConnection): void {
    this.#inner.handleCopyInResponse?.(connection)
  }

  handleCopyData(message: unknown, connection: DriverConnection): void {
    this.#inner.handleCopyData?.(message, connection)
  }

  handleReadyForQuery(connection: DriverConnection): void {
    this.#ended()
    this.#inner.handleReadyForQuery?.(connection)
  }

  handleError(error: unknown, connection: DriverConnection): void {
    const { signal } = this.#scope
    this.#ended()
    // Aborted between two pages, when nothing runs that could be cancelled, the connection is closed.
    const cancelled = signal?.aborted === true && (sqlStateOf(error) ?? '57014') === '57014'
    this.#inner.handleError(cancelled ? scopeAborted(signal, error) : error, connection)
  }
}

function unscoped(): TenancyError {
  return new TenancyError(
    'STATEMENT_UNSUPPORTED',
    'A cursor or stream speaks to the server by itself and can be scoped only inside a transaction; nothing was sent. ' +
      'Check out a client, send BEGIN, and run it there.',
  )
}
