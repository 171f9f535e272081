/* oxlint-disable no-underscore-dangle -- the names are the driver's own */
/**
 * What depends on the internals of `pg`, together with `driver-session.ts`: the order of its messages, the names of its
 * handlers, its queue. `driver-canary.ts` plays a conversation through both when a pool is created, and refuses a driver
 * that answers otherwise.
 */
import type { TenancyError } from '../tenancy-error.ts'
import type { ContextStatements } from './context-statements.ts'
import type { DriverConnection, DriverQuery, DriverSession } from './driver-session.ts'
import { scopeAborted } from './scope-of-call.ts'
import type { UnitScope } from './scope-of-call.ts'
import type { StatementKind } from './statement.ts'
import { explained, poisoned, sqlStateOf, unconfirmed } from './unit-errors.ts'

const contextNames = {
  open: 'partywall_context_open',
  again: 'partywall_context_again',
  openTimed: 'partywall_context_open_timed',
  againTimed: 'partywall_context_again_timed',
} as const
/** By the number of their parameters. */
const contextVariants = { open: ['open', 'openTimed'], again: ['again', 'againTimed'] } as const
/** Of the names that a statement book gives. */
const ownPrefix = 'partywall_'
const textOid = 25
const maxRetries = 3

/** What a statement is bound to when it is asked for. */
export interface UnitBinding {
  readonly session: DriverSession
  readonly scope: UnitScope
  readonly kind: StatementKind
  readonly queryTimeoutMs: number | undefined
}

/** One statement of a caller, with the tenant it runs for. Goes into the queue of a client in place of a `pg.Query`. */
export class TenantUnit {
  /** Read by the driver where it takes the unit in. */
  readonly query_timeout: number | undefined
  readonly #inner: DriverQuery
  readonly #session: DriverSession
  readonly #scope: UnitScope
  readonly #kind: StatementKind
  #phase: 'context' | 'statement' = 'statement'
  #contextName = ''
  #implicit = false
  #wasParsed = false
  #retries = 0
  #sent = ''
  #echoed: string | null = null
  #violation: TenancyError | undefined

  constructor(inner: DriverQuery, binding: UnitBinding) {
    this.#inner = inner
    this.query_timeout = binding.queryTimeoutMs
    this.#session = binding.session
    this.#scope = binding.scope
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
    const { signal } = this.#scope
    if (signal?.aborted === true && this.#kind !== 'rollback') return scopeAborted(signal)
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
    if (bare || session.isArmedFor(this.#scope) || status === 'E') return
    const values = contextValues(this.#scope, session.context)
    this.#sent = values[0]
    const statement = this.#parseContext(connection, values)
    connection.bind({ statement, values })
    connection.execute({})
    this.#contextName = statement
    this.#phase = 'context'
    this.#echoed = null
  }

  /** The name of the statement that sets the context, which the connection has from then on. */
  #parseContext(connection: DriverConnection, values: readonly string[]): string {
    const session = this.#session
    const variant = contextVariants[session.rearms ? 'again' : 'open'][values.length - 1] ?? 'open'
    const statement = session.context.prepared ? contextNames[variant] : ''
    if (statement !== '' && session.preparedContexts.has(statement)) return statement
    if (session.stale.delete(statement)) connection.close({ type: 'S', name: statement })
    connection.parse({ name: statement, text: session.context[variant], types: values.map(() => textOid) })
    if (statement !== '') session.preparedContexts.add(statement)
    return statement
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
    if (this.#echoed !== this.#sent) {
      this.#session.doomed = 'context-not-applied'
      this.#violation = unconfirmed(this.#scope.organizationId)
    } else if (!this.#implicit) this.#session.arm(this.#scope)
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
    if (phase === 'context') this.#forgetContext(sqlState, connection)
    else this.#forgetStale(sqlState, connection)
    if (phase === 'context' && sqlState === '22012') return this.#inner.handleError(poisoned(error), connection)
    if (this.#mayRetry(error, phase)) {
      this.#retries += 1
      this.#inner.rewind?.(connection)
      this.#session.client._queryQueue.unshift(this)
      return
    }
    const { signal } = this.#scope
    if (sqlState === '57014' && signal?.aborted === true) {
      return this.#inner.handleError(scopeAborted(signal, error), connection)
    }
    this.#inner.handleError(phase === 'context' ? explained(error, sqlState) : error, connection)
  }

  #forgetContext(sqlState: string | undefined, connection: DriverConnection): void {
    const session = this.#session
    this.#forgetSubmitted(connection)
    if (sqlState === '22012') session.doomed = 'poisoned'
    else if (sqlState === '26000') session.forgetPrepared()
    else if (sqlState !== undefined) {
      session.preparedContexts.delete(this.#contextName)
      // A cancel may come before the server has parsed it, or after: then it is there, and would be there twice.
      if (sqlState !== '42P05' && this.#contextName !== '') session.stale.add(this.#contextName)
    }
  }

  /** A name that the server no longer has, or whose result changed its shape, is prepared anew at its next use. */
  #forgetStale(sqlState: string | undefined, connection: DriverConnection): void {
    const { name, text = '' } = this.#inner
    // Two units of a pipeline prepared one text. The name is made of it, so that what the server has is the same.
    if (sqlState === '42P05' && name?.startsWith(ownPrefix) === true) connection.parsedStatements[name] = text
    if (name === undefined || !(this.#inner.wasParsed ?? this.#wasParsed)) return
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
    const sqlState = sqlStateOf(error)
    if (sqlState === '26000') return String(message).includes(name)
    if (sqlState === '42P05')
      return phase === 'statement' && name.startsWith(ownPrefix) && String(message).includes(name)
    return phase === 'statement' && (this.#inner.wasParsed ?? this.#wasParsed) && routine === 'RevalidateCachedQuery'
  }

  #forgetSubmitted(connection: DriverConnection): void {
    const { name } = this.#inner
    if (name !== undefined && connection.submittedNamedStatements) delete connection.submittedNamedStatements[name]
  }
}

function contextValues(
  { organizationId, timeoutMs }: UnitScope,
  context: ContextStatements,
): readonly [string, ...string[]] {
  const value = context.valueOf(organizationId)
  return timeoutMs === undefined ? [value] : [value, String(timeoutMs)]
}
