/* oxlint-disable no-underscore-dangle -- the names are the driver's own */
import { TenancyError } from '../tenancy-error.ts'
import type { DriverConnection, DriverQuery, DriverSession } from './driver.ts'

/**
 * A cursor or a stream of another library. It speaks to the wire by itself, over several round trips, so no context can
 * be put in front of it: it runs only in a transaction that has its tenant already, and is refused otherwise.
 */
export class ForeignUnit {
  readonly #inner: DriverQuery
  readonly #session: DriverSession
  readonly #organizationId: string

  constructor(inner: DriverQuery, binding: { session: DriverSession; organizationId: string }) {
    this.#inner = inner
    this.#session = binding.session
    this.#organizationId = binding.organizationId
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
    if (session.armedFor !== this.#organizationId || session.client.getTransactionStatus() !== 'T') return unscoped()
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
    this.#inner.handleReadyForQuery?.(connection)
  }

  handleError(error: unknown, connection: DriverConnection): void {
    this.#inner.handleError(error, connection)
  }
}

function unscoped(): TenancyError {
  return new TenancyError(
    'STATEMENT_UNSUPPORTED',
    'A cursor or stream speaks to the server by itself and can be scoped only inside a transaction; nothing was sent. ' +
      'Check out a client, send BEGIN, and run it there.',
  )
}
