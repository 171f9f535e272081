/* oxlint-disable no-underscore-dangle -- the names are the driver's own */
import type { CancelRequest } from './cancel-request.ts'
import type { ContextStatements } from './context-statements.ts'
import type { UnitScope } from './scope-of-call.ts'

/** The socket of a connection, or what takes its place. */
export interface DriverStream {
  readonly writable: boolean
  write(piece: Uint8Array): unknown
  cork?(): void
  uncork?(): void
  end?(): void
  destroy?(): void
}

/** The wire of a connection, as far as it is used here. Structural: it is internal to `pg`, and has no types of its own. */
export interface DriverConnection {
  stream: DriverStream
  readonly parsedStatements: Record<string, string>
  readonly submittedNamedStatements?: Record<string, string>
  parse(message: { name: string; text: string; types: number[] }): void
  bind(message: { statement: string; values: readonly string[] }): void
  execute(message: object): void
  describe(message: object): void
  close(message: { type: 'S'; name: string }): void
  sync(): void
  once(event: string, listener: () => void): unknown
  removeListener(event: string, listener: () => void): unknown
}

/** A client of `pg`, as far as it is used here. */
export interface DriverClient {
  readonly connection: DriverConnection
  readonly _queryQueue: unknown[]
  readonly _queryable: boolean
  readonly _ending: boolean
  readonly readyForQuery?: boolean
  _getActiveQuery?(): unknown
  readonly _activeQuery: unknown
  readonly _types?: unknown
  _pulseQueryQueue?(): void
  getTransactionStatus(): 'I' | 'T' | 'E' | null
}

/** The handlers that a client of `pg` calls on the query it is running. */
export interface DriverQuery {
  text?: string | undefined
  name?: string | undefined
  values?: readonly unknown[] | undefined
  rows?: number | undefined
  callback?: ((error: unknown, result?: unknown) => void) | undefined
  binary?: boolean
  readonly _result?: { _types?: unknown } | undefined
  /** What a stream of `pg-query-stream` stands on. */
  readonly cursor?: { readonly text?: string }
  /** Whether a stream was destroyed. */
  readonly destroyed?: boolean
  /** Of a cursor or a stream: it may wait for its reader while nothing runs on the server. */
  readonly keepsPortal?: boolean
  requiresPreparation?(): boolean
  /** Of a query of several statements: makes it ready to be sent again from the start. */
  rewind?(connection: DriverConnection): void
  /** Of a query of several statements: whether the current one was prepared before it was sent. */
  readonly wasParsed?: boolean
  submit(connection: DriverConnection): Error | null | undefined
  handleRowDescription?(message: unknown): void
  handleDataRow?(message: { fields: readonly (string | null)[] }): void
  handleCommandComplete?(message: unknown, connection: DriverConnection): void
  handleEmptyQuery?(connection: DriverConnection): void
  handlePortalSuspended?(connection: DriverConnection): void
  handleCopyInResponse?(connection: DriverConnection): void
  handleCopyData?(message: unknown, connection: DriverConnection): void
  handleReadyForQuery?(connection: DriverConnection): void
  handleError(error: unknown, connection: DriverConnection): void
}

const firstPauseMs = 50
const maxPauseMs = 2000

/** What is known of one physical connection between its statements. */
export class DriverSession {
  readonly client: DriverClient
  readonly context: ContextStatements
  readonly #cancel: CancelRequest | undefined
  readonly #deferred: (() => void)[] = []
  #cancelling = false
  /** Set when the connection must not be used again; why. */
  doomed: 'poisoned' | 'context-not-applied' | 'cancel-unconfirmed' | 'preface-failed' | undefined
  /** What is set in the transaction that is open. */
  armedFor: UnitScope | undefined
  /** Whether the open transaction has had one before. */
  rearms = false
  /** Whether the connection had no tenant when it was first used. */
  hasProvedClean = false
  /** What this side has prepared for itself. */
  readonly prepared: Set<string> = new Set()
  /** Whether the unit that was sent last took a BEGIN with it. */
  isOpening = false
  #begin: string | undefined
  #gathers = false
  /** Statements that the server refuses to run again until they are prepared anew. */
  readonly stale: Set<string> = new Set()

  constructor(client: DriverClient, context: ContextStatements, cancel?: CancelRequest) {
    this.client = client
    this.context = context
    this.#cancel = cancel
  }

  /**
   * Sends a unit behind those that are under way, on a client that was made with `pipeline`. Not through its `query()`,
   * which takes no classes but the driver's own.
   */
  pipe(unit: DriverQuery): void {
    const { client } = this
    if (unit._result !== undefined) unit._result._types ??= client._types
    if (client._queryable && !client._ending) {
      this.#gather()
      client._queryQueue.push(unit)
      client._pulseQueryQueue?.()
      return
    }
    const error = new Error('The connection was lost before the statement was sent.')
    process.nextTick(() => unit.handleError(error, client.connection))
  }

  /** Whoever was answered in one read of the socket asks again in one turn of the loop: all of that goes in one write. */
  #gather(): void {
    if (this.#gathers) return
    this.#gathers = true
    const { stream } = this.client.connection
    stream.cork?.()
    process.nextTick(() => {
      this.#gathers = false
      stream.uncork?.()
    })
  }

  /** Nothing runs, nothing waits, no transaction is open: another tenant may have the connection. */
  isClean(): boolean {
    return this.isIdle() && this.client.getTransactionStatus() === 'I'
  }

  /** Nothing runs and nothing waits: the next statement is sent at once. */
  isIdle(): boolean {
    return this.isSettled() && this.client.readyForQuery === true
  }

  /** No statement of the caller is running or waiting, though the server may still have to say that it is ready. */
  isSettled(): boolean {
    const { client } = this
    return this.doomed === undefined && (client._activeQuery ?? null) === null && client._queryQueue.length === 0
  }

  /**
   * Runs `next` when no cancel request is under way. It reaches the server on a connection of its own and hits whatever
   * runs by then: until the server has taken it, nothing else may be sent here.
   */
  whenCancelled(next: () => void): void {
    if (this.#cancelling) this.#deferred.push(next)
    else next()
  }

  /** Takes a unit back that waits, or cancels it when it runs. */
  abandon(unit: DriverQuery, error: unknown): void {
    const { client } = this
    const index = client._queryQueue.indexOf(unit)
    if (index !== -1) {
      client._queryQueue.splice(index, 1)
      unit.handleError(error, client.connection)
    } else {
      this.#cancelUnit(unit, firstPauseMs)
    }
  }

  #cancelUnit(unit: DriverQuery, pauseMs: number): void {
    if (this.client._activeQuery !== unit || this.#cancelling) return
    this.#cancelling = true
    void this.#sendCancel(unit, pauseMs)
  }

  async #sendCancel(unit: DriverQuery, pauseMs: number): Promise<void> {
    const { client } = this
    const isActive = (): boolean => client._activeQuery === unit
    try {
      await this.#cancel?.(isActive)
      // A request that comes before the statement does is lost.
      setTimeout(() => this.#cancelUnit(unit, Math.min(pauseMs * 2, maxPauseMs)), pauseMs).unref()
      if (isActive() && unit.keepsPortal === true) client.connection.stream.destroy?.()
    } catch {
      // Nobody knows whether the request is still on its way: the connection must not serve anybody else.
      this.doomed ??= 'cancel-unconfirmed'
      if (isActive()) client.connection.stream.destroy?.()
    }
    this.#cancelling = false
    for (const next of this.#deferred.splice(0)) next()
  }

  /** Runs `next` when the server has answered everything, at once if it has. An error is reported before that. */
  whenReady(next: () => void): void {
    this.whenCancelled(() => this.#whenAnswered(next))
  }

  #whenAnswered(next: () => void): void {
    const { client } = this
    if (client.readyForQuery === true || !client._queryable || client._ending) return next()
    const { connection } = client
    const done = (): void => {
      connection.removeListener('readyForQuery', done)
      connection.removeListener('end', done)
      next()
    }
    connection.once('readyForQuery', done)
    connection.once('end', done)
  }

  /** Whether a BEGIN was answered here and waits for the statement that it is sent with. */
  get holdsBegin(): boolean {
    return this.#begin !== undefined
  }

  /**
   * What the holder is told of its transaction. The server's word on a BEGIN that is on its way comes last of all that it
   * answers to the flush.
   */
  get transactionStatus(): 'I' | 'T' | 'E' | null {
    const { client } = this
    const isOpen = this.holdsBegin || (this.isOpening && client.readyForQuery !== true)
    return isOpen ? 'T' : client.getTransactionStatus()
  }

  /** Keeps a BEGIN back until the first statement of its transaction. */
  holdBegin(text: string): void {
    // A COMMIT that failed has left what the last transaction was armed with.
    this.disarm()
    this.#begin = text
  }

  /** What was kept back, once. */
  takeBegin(): string | undefined {
    const begin = this.#begin
    this.#begin = undefined
    return begin
  }

  isArmedFor(scope: UnitScope): boolean {
    const { armedFor } = this
    return armedFor?.organizationId === scope.organizationId && armedFor.timeoutMs === scope.timeoutMs
  }

  arm(scope: UnitScope): void {
    this.armedFor = scope
    this.rearms = true
  }

  disarm(): void {
    this.armedFor = undefined
    this.rearms = false
  }

  forgetPrepared(): void {
    // Which of them the server still has, nobody knows: closing one that is not there is no error.
    for (const name of this.prepared) this.stale.add(name)
    this.prepared.clear()
    const { parsedStatements } = this.client.connection
    for (const name of Object.keys(parsedStatements)) {
      delete parsedStatements[name]
      this.stale.add(name)
    }
  }
}
