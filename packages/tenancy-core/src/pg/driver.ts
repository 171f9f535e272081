/* oxlint-disable no-underscore-dangle -- the names are the driver's own */
/**
 * Everything that depends on the internals of `pg`: the order of its messages, the names of its handlers, its queue.
 * `driver-canary.ts` plays a conversation through this file when a pool is created, and refuses a driver that answers
 * otherwise.
 */
import { TenancyError } from '../tenancy-error.ts'
import type { ContextStatements } from './context-statements.ts'
import type { StatementKind } from './statement.ts'

/** The wire of a connection, as far as it is used here. Structural: it is internal to `pg`, and has no types of its own. */
export interface DriverConnection {
  readonly stream: { cork?(): void; uncork?(): void }
  readonly parsedStatements: Record<string, string>
  readonly submittedNamedStatements?: Record<string, string>
  parse(message: { name: string; text: string; types: number[] }): void
  bind(message: { statement: string; values: readonly string[] }): void
  execute(message: object): void
  close(message: { type: 'S'; name: string }): void
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
  getTransactionStatus(): 'I' | 'T' | 'E' | null
}

/** The handlers that a client of `pg` calls on the query it is running. */
export interface DriverQuery {
  text?: string
  name?: string | undefined
  values?: readonly unknown[] | undefined
  rows?: number | undefined
  callback?: ((error: unknown, result?: unknown) => void) | undefined
  binary?: boolean
  readonly _result?: { _types?: unknown }
  /** What a stream of `pg-query-stream` stands on. */
  readonly cursor?: { readonly text?: string }
  /** Whether a stream was destroyed. */
  readonly destroyed?: boolean
  requiresPreparation?(): boolean
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

const contextNames = { open: 'partywall_context_open', again: 'partywall_context_again' } as const
const textOid = 25
const maxRetries = 1

/** What is known of one physical connection between its statements. */
export class DriverSession {
  readonly client: DriverClient
  readonly context: ContextStatements
  /** Set when the connection must not be used again; why. */
  doomed: 'poisoned' | 'context-not-applied' | undefined
  /** The organization that is set in the transaction that is open. */
  armedFor: string | undefined
  /** Whether the open transaction has had one before. */
  rearms = false
  readonly preparedContexts: Set<string> = new Set()
  /** Statements that the server refuses to run again until they are prepared anew. */
  readonly stale: Set<string> = new Set()

  constructor(client: DriverClient, context: ContextStatements) {
    this.client = client
    this.context = context
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

  /** Runs `next` when the server has answered everything, at once if it has. An error is reported before that. */
  whenReady(next: () => void): void {
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

  arm(organizationId: string): void {
    this.armedFor = organizationId
    this.rearms = true
  }

  disarm(): void {
    this.armedFor = undefined
    this.rearms = false
  }

  forgetPrepared(): void {
    this.preparedContexts.clear()
    const { parsedStatements } = this.client.connection
    for (const name of Object.keys(parsedStatements)) {
      delete parsedStatements[name]
      this.stale.add(name)
    }
  }
}

/** What a statement is bound to when it is asked for. */
export interface UnitBinding {
  readonly session: DriverSession
  /** Empty: no tenant, on purpose. */
  readonly organizationId: string
  readonly kind: StatementKind
  readonly queryTimeoutMs: number | undefined
}

/** One statement of a caller, with the tenant it runs for. Goes into the queue of a client in place of a `pg.Query`. */
export class TenantUnit {
  /** Read by the driver where it takes the unit in. */
  readonly query_timeout: number | undefined
  readonly #inner: DriverQuery
  readonly #session: DriverSession
  readonly #organizationId: string
  readonly #kind: StatementKind
  #phase: 'context' | 'statement' = 'statement'
  #contextName = ''
  #implicit = false
  #wasParsed = false
  #retries = 0
  #echoed: string | null = null
  #violation: TenancyError | undefined

  constructor(inner: DriverQuery, binding: UnitBinding) {
    this.#inner = inner
    this.query_timeout = binding.queryTimeoutMs
    this.#session = binding.session
    this.#organizationId = binding.organizationId
    this.#kind = binding.kind
    // Paged execution waits for the client between pages, without a Sync to fall back to when the context fails.
    inner.rows = undefined
    // One statement a message: the simple protocol would take several, and a COMMIT among them ends the scope.
    inner.requiresPreparation = (): boolean => true
  }

  /** Hidden while the context runs: the client takes a ParseComplete for the statement of this name. */
  get name(): string | undefined {
    return this.#phase === 'context' ? undefined : this.#inner.name
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

  get binary(): boolean {
    return this.#inner.binary === true
  }

  set binary(binary: boolean) {
    this.#inner.binary = binary
  }

  get _result(): DriverQuery['_result'] {
    return this.#inner._result
  }

  submit(connection: DriverConnection): Error | null | undefined {
    const refusal = this.#refusal(connection)
    if (refusal !== undefined) return refusal
    connection.stream.cork?.()
    try {
      this.#sendContext(connection)
      const { name } = this.#inner
      this.#wasParsed = name !== undefined && connection.parsedStatements[name] !== undefined
      if (name !== undefined && this.#session.stale.delete(name)) connection.close({ type: 'S', name })
      return this.#inner.submit(connection)
    } finally {
      connection.stream.uncork?.()
    }
  }

  /** What the driver would refuse by itself, asked before the context is on its way: that has no Sync of its own. */
  #refusal(connection: DriverConnection): Error | undefined {
    const { text, name, values } = this.#inner
    if (this.#session.doomed !== undefined) return poisoned(undefined)
    if (typeof text !== 'string') return new Error('A query must have a text. Pass a string or { text, values }.')
    if (values !== undefined && values !== null && !Array.isArray(values))
      return new Error('Query values must be an array')
    const known = name === undefined ? undefined : connection.parsedStatements[name]
    if (known === undefined || known === text) return undefined
    return new Error(`Prepared statements must be unique - '${name}' was used for a different statement`)
  }

  #sendContext(connection: DriverConnection): void {
    const session = this.#session
    const status = session.client.getTransactionStatus()
    if (status !== 'T' && status !== 'E') session.disarm()
    this.#implicit = status !== 'T' && status !== 'E'
    const bare = this.#kind !== 'work' && this.#kind !== 'deallocate'
    if (bare || session.armedFor === this.#organizationId || status === 'E') return
    const variant = session.rearms ? 'again' : 'open'
    const statement = session.context.prepared ? contextNames[variant] : ''
    if (statement === '' || !session.preparedContexts.has(statement)) {
      if (session.stale.delete(statement)) connection.close({ type: 'S', name: statement })
      connection.parse({ name: statement, text: session.context[variant], types: [textOid] })
      if (statement !== '') session.preparedContexts.add(statement)
    }
    connection.bind({ statement, values: [this.#organizationId] })
    connection.execute({})
    this.#contextName = statement
    this.#phase = 'context'
    this.#echoed = null
  }

  handleRowDescription(message: unknown): void {
    this.#inner.handleRowDescription?.(message)
  }

  handleDataRow(message: { fields: readonly (string | null)[] }): void {
    if (this.#phase === 'context') this.#echoed = message.fields[0] ?? null
    else if (this.#violation === undefined) this.#inner.handleDataRow?.(message)
  }

  handleCommandComplete(message: unknown, connection: DriverConnection): void {
    if (this.#phase === 'statement') {
      this.#inner.handleCommandComplete?.(message, connection)
      return
    }
    this.#phase = 'statement'
    if (this.#echoed !== this.#organizationId) this.#violation = this.#echoViolation()
    else if (!this.#implicit) this.#session.arm(this.#organizationId)
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
    const session = this.#session
    if (this.#kind === 'commit' || this.#kind === 'rollback') {
      // AND CHAIN leaves a transaction open that has no tenant yet.
      session.disarm()
    } else if (this.#kind === 'rollback-to') {
      session.armedFor = undefined
    } else if (this.#kind === 'deallocate') {
      session.forgetPrepared()
    }
    if (this.#violation !== undefined) this.#inner.handleError(this.#violation, connection)
    else this.#inner.handleReadyForQuery?.(connection)
  }

  handleError(error: unknown, connection: DriverConnection): void {
    const sqlState = sqlStateOf(error)
    const phase = this.#phase
    // A time-out of the client is reported while the answers are still on their way: they keep their places.
    if (sqlState !== undefined) this.#phase = 'statement'
    if (this.#violation !== undefined) return this.#inner.handleError(this.#violation, connection)
    if (phase === 'context') {
      this.#forgetSubmitted(connection)
      if (sqlState === '22012') {
        this.#session.doomed = 'poisoned'
        return this.#inner.handleError(poisoned(error), connection)
      }
      if (sqlState === '26000') this.#session.forgetPrepared()
      else if (sqlState !== undefined) {
        this.#session.preparedContexts.delete(this.#contextName)
        // A cancel may come before the server has parsed it, or after: then it is there, and would be there twice.
        if (sqlState !== '42P05' && this.#contextName !== '') this.#session.stale.add(this.#contextName)
      }
    } else {
      this.#forgetStale(sqlState, connection)
    }
    if (this.#mayRetry(error, phase)) {
      this.#retries += 1
      this.#session.client._queryQueue.unshift(this)
      return
    }
    this.#inner.handleError(phase === 'context' ? explained(error, sqlState) : error, connection)
  }

  /** A name that the server no longer has, or whose result changed its shape, is prepared anew at its next use. */
  #forgetStale(sqlState: string | undefined, connection: DriverConnection): void {
    const { name } = this.#inner
    if (name === undefined || !this.#wasParsed) return
    if (sqlState === '26000') this.#session.forgetPrepared()
    if (sqlState !== '0A000') return
    delete connection.parsedStatements[name]
    this.#session.stale.add(name)
  }

  /** Only outside a transaction, and only for errors that come before the execution: nothing happened yet. */
  #mayRetry(error: unknown, phase: 'context' | 'statement'): boolean {
    if (!this.#implicit || this.#retries >= maxRetries || !this.#session.client._queryable) return false
    const { routine, message } = error as { routine?: unknown; message?: unknown }
    const name = phase === 'context' ? this.#contextName : this.#inner.name
    if (!name) return false
    // Procedures may raise the same SQLSTATEs after they have committed: the name tells whose statement is missing.
    if (sqlStateOf(error) === '26000') return String(message).includes(name)
    return phase === 'statement' && this.#wasParsed && routine === 'RevalidateCachedQuery'
  }

  #forgetSubmitted(connection: DriverConnection): void {
    const { name } = this.#inner
    if (name !== undefined && connection.submittedNamedStatements) delete connection.submittedNamedStatements[name]
  }

  #echoViolation(): TenancyError {
    this.#session.doomed = 'context-not-applied'
    return new TenancyError(
      'CONTEXT_NOT_APPLIED',
      'The server did not confirm the tenant of this statement; its result is withheld and the connection closed. ' +
        'Check what stands between this process and PostgreSQL.',
      { details: { organizationId: this.#organizationId } },
    )
  }
}

function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  // Errors of sockets have a code too (ECONNRESET); only the server's have a severity.
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  return typeof code === 'string' && severity !== undefined ? code : undefined
}

function poisoned(cause: unknown): TenancyError {
  return new TenancyError(
    'CONNECTION_POISONED',
    'The session had a tenant before this statement set one; the statement was not executed and the connection is ' +
      'closed. Find what sets the tenant for longer than a transaction: a DO block, a function, or a default of the ' +
      'role, the database or the connection string.',
    cause === undefined ? {} : { cause },
  )
}

function explained(error: unknown, sqlState: string | undefined): unknown {
  if (sqlState !== '42P05') return error
  return new TenancyError(
    'CONTEXT_NOT_APPLIED',
    'The tenant could not be set because the server connection is shared and already has the prepared statement; ' +
      'nothing was executed. Pass `preparedContext: false` when a PgBouncer below 1.21 stands in between.',
    { cause: error },
  )
}
