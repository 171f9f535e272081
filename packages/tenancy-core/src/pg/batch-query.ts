import { TenancyError } from '../tenancy-error.ts'
import type { DriverConnection, DriverQuery } from './driver-session.ts'
import { HeldWire } from './held-wire.ts'
import type { QueryCallback } from './query-call.ts'
import { sqlStateOf } from './unit-errors.ts'

/** Makes one query of a batch; the callback is told its outcome. */
export type CreatePart = (callback: QueryCallback) => DriverQuery

/**
 * Several queries of the driver in one flush with one Sync: to PostgreSQL one implicit transaction. Goes where a single
 * query would.
 */
export class BatchQuery {
  callback: QueryCallback
  readonly #parts: readonly DriverQuery[]
  readonly #stale: Set<string>
  readonly #results: unknown[] = []
  #parsed: readonly boolean[] = []
  #at = 0
  #failure: { readonly error: unknown; readonly index: number } | undefined

  constructor(parts: readonly CreatePart[], options: { readonly stale: Set<string>; readonly settle: QueryCallback }) {
    this.#parts = parts.map((create, index) => {
      const part = create((error, result) => {
        if (error) this.#failure ??= { error, index }
        else this.#results[index] = result
      })
      part.requiresPreparation = (): boolean => true
      return part
    })
    this.#stale = options.stale
    this.callback = options.settle
  }

  get text(): string {
    return this.#parts[this.#at]?.text ?? ''
  }

  get name(): string | undefined {
    return this.#parts[this.#at]?.name
  }

  get wasParsed(): boolean {
    return this.#parsed[this.#at] === true
  }

  set binary(binary: boolean) {
    for (const part of this.#parts) part.binary = binary
  }

  get binary(): boolean {
    return this.#parts.every((part) => part.binary === true)
  }

  submit(connection: DriverConnection): Error | undefined {
    const wire = new HeldWire(connection)
    this.#parsed = this.#parts.map(({ name }) => name !== undefined && connection.parsedStatements[name] !== undefined)
    const closed: string[] = []
    for (const [index, part] of this.#parts.entries()) {
      const { name } = part
      if (name !== undefined && this.#stale.delete(name)) {
        closed.push(name)
        wire.close({ type: 'S', name } as never)
      }
      const refusal = part.submit(wire as unknown as DriverConnection)
      if (refusal) this.#failure ??= { error: refusal, index }
    }
    const unsent = this.#failure
    if (unsent !== undefined) {
      this.#forgetSubmitted(connection)
      for (const name of closed) this.#stale.add(name)
      return failed(unsent.error, unsent.index)
    }
    wire.send()
    connection.sync()
    return undefined
  }

  handleRowDescription(message: unknown): void {
    this.#parts[this.#at]?.handleRowDescription?.(message)
  }

  handleDataRow(message: { fields: readonly (string | null)[] }): void {
    this.#parts[this.#at]?.handleDataRow?.(message)
  }

  handleCommandComplete(message: unknown, connection: DriverConnection): void {
    this.#parts[this.#at]?.handleCommandComplete?.(message, connection)
    this.#at += 1
  }

  handleEmptyQuery(connection: DriverConnection): void {
    this.#parts[this.#at]?.handleEmptyQuery?.(connection)
    this.#at += 1
  }

  handlePortalSuspended(connection: DriverConnection): void {
    this.#parts[this.#at]?.handlePortalSuspended?.(connection)
  }

  handleCopyInResponse(connection: DriverConnection): void {
    this.#parts[this.#at]?.handleCopyInResponse?.(connection)
  }

  handleCopyData(message: unknown, connection: DriverConnection): void {
    this.#parts[this.#at]?.handleCopyData?.(message, connection)
  }

  handleReadyForQuery(connection: DriverConnection): void {
    // Here a value of a row that cannot be read is found, as with a single query: the server has committed by now.
    for (const part of this.#parts) part.handleReadyForQuery?.(connection)
    const { error } = (this.#failure as { readonly error: unknown } | undefined) ?? {}
    if (error === undefined) this.callback(null, this.#results)
    else this.callback(error, undefined)
  }

  handleError(error: unknown, connection: DriverConnection): void {
    this.#forgetSubmitted(connection)
    // The end of a connection or of a scope is none of a statement.
    const index = this.#at < this.#parts.length ? this.#at : undefined
    this.callback(sqlStateOf(error) === undefined ? error : failed(error, index), undefined)
  }

  rewind(connection: DriverConnection): void {
    this.#forgetSubmitted(connection)
    this.#at = 0
  }

  /** What the server skipped was not prepared, though it was sent. */
  #forgetSubmitted({ submittedNamedStatements }: DriverConnection): void {
    if (submittedNamedStatements === undefined) return
    for (const { name } of this.#parts) if (name !== undefined) delete submittedNamedStatements[name]
  }
}

/** Names the statement; none of them when it was the commit that failed. */
function failed(error: unknown, index: number | undefined): TenancyError {
  const sqlState = sqlStateOf(error)
  const place =
    index === undefined ? 'The batch failed when it was committed' : `Statement ${index} of the batch failed`
  const message = error instanceof Error ? error.message : String(error)
  return new TenancyError('BATCH_FAILED', `${place}, and nothing of the batch was kept: ${message}`, {
    details: { ...(index === undefined ? {} : { index }), ...(sqlState === undefined ? {} : { sqlState }) },
    cause: error,
  })
}
