/* oxlint-disable no-underscore-dangle -- the names are the driver's own */
/**
 * What depends on the internals of `pg`, together with `driver-session.ts`: the order of its messages, the names of its
 * handlers, its queue. `driver-canary.ts` plays a conversation through both when a pool is created, and refuses a driver
 * that answers otherwise.
 */
import type { TenancyError } from '../tenancy-error.ts'
import type { DriverConnection, DriverQuery, DriverSession } from './driver-session.ts'
import { inOneWrite } from './one-write.ts'
import type { Refusal } from './one-write.ts'
import { noPreface, sendBegin, sendContext } from './preface.ts'
import type { Preface } from './preface.ts'
import { scopeAborted } from './scope-of-call.ts'
import type { UnitScope } from './scope-of-call.ts'
import type { StatementKind } from './statement.ts'
import { explained, notOpened, poisoned, sqlStateOf, unconfirmed } from './unit-errors.ts'

/** Of what this file prepares; names that a statement book gives begin the same way. */
const ownPrefix = 'partywall_'
const maxRetries = 3

/** What a statement is bound to when it is asked for. */
export interface UnitBinding {
  readonly session: DriverSession
  readonly scope: UnitScope
  readonly kind: StatementKind
  /** Whether it is transaction control of which every word is known. */
  readonly isPlainControl?: boolean
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
  readonly #isPlainControl: boolean
  /** Whose answers are still to come in front of the statement's own. */
  #preface: readonly Preface[] = noPreface
  #answered = 0
  #implicit = false
  #begin: string | undefined
  #wasParsed = false
  #retries = 0
  #before: string | null = null
  #echoed: string | null = null
  #violation: TenancyError | undefined
  /** Why it was not sent. */
  #refused: Refusal

  constructor(inner: DriverQuery, binding: UnitBinding) {
    this.#inner = inner
    this.query_timeout = binding.queryTimeoutMs
    this.#session = binding.session
    this.#scope = binding.scope
    this.#kind = binding.kind
    this.#isPlainControl = binding.isPlainControl === true
    // Paged execution waits for the client between pages, without a Sync to fall back to when the context fails.
    inner.rows = undefined
    inner.requiresPreparation = always
  }

  /** Hidden while the preface runs: the client takes a ParseComplete for the statement of this name. */
  get name(): string | undefined {
    return this.#answered < this.#preface.length ? undefined : this.#inner.name
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

  submit(connection: DriverConnection): Refusal {
    this.#refused = this.#refusal(connection) ?? inOneWrite(connection, () => this.#send(connection))
    return this.#refused
  }

  #send(connection: DriverConnection): Refusal {
    const session = this.#session
    const inner = this.#inner
    this.#sendPreface()
    const { name, callback } = inner
    this.#wasParsed = name !== undefined && connection.parsedStatements[name] !== undefined
    const wasSubmitted = name !== undefined && connection.submittedNamedStatements?.[name] !== undefined
    const wasStale = name !== undefined && session.stale.delete(name)
    if (wasStale) connection.close({ type: 'S', name })
    // One statement a message: the simple protocol would take several, and a COMMIT among them ends the scope. It is
    // for statements of which every word is known, and not behind messages that have no Sync of their own.
    if (this.#isPlainControl && this.#preface.length === 0) inner.requiresPreparation = never
    // A value that cannot be serialized is told while the messages are written. Without them nothing is to be told apart
    // from the answers to others, and no name is closed under a unit that is on its way.
    let unsendable: Refusal
    inner.callback = (error) => {
      unsendable ??= error instanceof Error ? error : new Error(String(error), { cause: error })
    }
    const refusal = inner.submit(connection) ?? unsendable
    inner.callback = callback
    if (!refusal) return refusal
    if (!wasSubmitted) this.#forgetSubmitted(connection)
    if (wasStale) session.stale.add(name)
    this.#takeBack()
    return refusal
  }

  /** Leaves the connection as if the unit had never been written. */
  #takeBack(): void {
    const session = this.#session
    for (const { name, wasParsed, wasStale } of this.#preface) {
      if (!wasParsed) session.prepared.delete(name)
      if (wasStale) session.stale.add(name)
    }
    if (this.#begin !== undefined) session.holdBegin(this.#begin)
    session.isOpening = false
    this.#preface = noPreface
  }

  /** What the driver would refuse by itself, asked before the context is on its way: that has no Sync of its own. */
  #refusal(connection: DriverConnection): Error | undefined {
    const { text, name, values } = this.#inner
    const ended = this.#kind === 'rollback' ? undefined : this.#endOfScope()
    if (ended !== undefined) return ended
    if (typeof text !== 'string') return new Error('A query must have a text. Pass a string or { text, values }.')
    if (values !== undefined && values !== null && !Array.isArray(values))
      return new Error('Query values must be an array')
    const known = name === undefined ? undefined : connection.parsedStatements[name]
    if (known === undefined || known === text) return undefined
    return new Error(`Prepared statements must be unique - '${name}' was used for a different statement`)
  }

  /** Why nothing more is sent on the connection or in the scope, save a ROLLBACK. */
  #endOfScope(): Error | undefined {
    const { doomed } = this.#session
    const { signal } = this.#scope
    if (doomed === 'preface-failed') return notOpened()
    if (doomed === 'context-not-applied' || doomed === 'cancel-unconfirmed') return poisoned(undefined)
    return signal?.aborted === true ? scopeAborted(signal) : undefined
  }

  /** Puts a BEGIN that was held back, and the context if it is not set yet, in front of the statement. */
  #sendPreface(): void {
    const session = this.#session
    const status = session.client.getTransactionStatus()
    const inTransaction = status === 'T' || status === 'E'
    if (!inTransaction) session.disarm()
    const begin = session.takeBegin()
    this.#begin = begin
    session.isOpening = begin !== undefined
    this.#implicit = !inTransaction && begin === undefined
    const bare = this.#kind !== 'work' && this.#kind !== 'call' && this.#kind !== 'deallocate'
    const armed = bare || status === 'E' || session.isArmedFor(this.#scope)
    const opening = begin === undefined ? noPreface : [sendBegin(begin, session)]
    this.#preface = armed ? opening : [...opening, sendContext(this.#scope, session, this.#kind)]
    this.#answered = 0
    this.#before = null
    this.#echoed = null
  }

  handleRowDescription(message: unknown): void {
    this.#inner.handleRowDescription?.(message)
  }

  handleDataRow(message: { fields: readonly (string | null)[] }): void {
    if (this.#answered < this.#preface.length) {
      this.#before = message.fields[0] ?? null
      this.#echoed = message.fields[1] ?? null
    } else if (this.#violation === undefined) this.#inner.handleDataRow?.(message)
  }

  handleCommandComplete(message: unknown, connection: DriverConnection): void {
    const preface = this.#preface[this.#answered]
    if (preface === undefined) {
      this.#inner.handleCommandComplete?.(message, connection)
      return
    }
    this.#answered += 1
    if (preface.opens === 'scope') this.#confirmScope(preface.sent)
  }

  #confirmScope(sent: string | undefined): void {
    const session = this.#session
    session.hasProvedClean = true
    if (this.#echoed !== sent) {
      session.doomed = 'context-not-applied'
      this.#violation = unconfirmed(this.#scope.organizationId)
      return
    }
    if (!this.#implicit) session.arm(this.#scope)
    // Left by something that outlived another unit. This one runs for its own tenant; no other is to find it.
    if (this.#before) session.doomed ??= 'poisoned'
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
    } else if (this.#kind === 'deallocate' || this.#kind === 'call') {
      // A block may have put something else under a name of ours.
      session.forgetPrepared()
    }
    if (this.#violation !== undefined) this.#inner.handleError(this.#violation, connection)
    else this.#inner.handleReadyForQuery?.(connection)
  }

  handleError(error: unknown, connection: DriverConnection): void {
    // The driver tells it before it takes its connection for idle again: given back now, it would be closed as busy.
    if (this.#refused && error === this.#refused) {
      process.nextTick(() => this.#inner.handleError(error, connection))
      return
    }
    const sqlState = sqlStateOf(error)
    const failed = this.#preface[this.#answered]
    // A time-out of the client is reported while the answers are still on their way: they keep their places.
    if (sqlState !== undefined) this.#answered = this.#preface.length
    if (this.#violation !== undefined) return this.#inner.handleError(this.#violation, connection)
    if (failed === undefined) this.#forgetStale(sqlState, connection)
    else this.#forgetPreface(failed, sqlState, connection)
    if (this.#mayRetry(error, failed)) return this.#retry(failed, connection)
    if (failed !== undefined) this.#giveUp(failed, sqlState)
    this.#inner.handleError(this.#told(error, failed), connection)
  }

  /** The error in words of the scope, where it is one of the scope. */
  #told(error: unknown, failed: Preface | undefined): unknown {
    const sqlState = sqlStateOf(error)
    const { signal } = this.#scope
    if (failed !== undefined && sqlState === '22012') return poisoned(error)
    if (sqlState === '57014' && signal?.aborted === true) return scopeAborted(signal, error)
    return failed === undefined ? error : explained(error, sqlState)
  }

  #retry(failed: Preface | undefined, connection: DriverConnection): void {
    this.#retries += 1
    if (failed?.opens === 'transaction' && this.#begin !== undefined) this.#session.holdBegin(this.#begin)
    this.#inner.rewind?.(connection)
    this.#session.client._queryQueue.unshift(this)
  }

  /**
   * The holder was told that the transaction is open: what follows must not take effect outside of one. And a name of ours
   * that somebody else has taken fails for every tenant that comes after.
   */
  #giveUp(failed: Preface, sqlState: string | undefined): void {
    if (sqlState === undefined) return
    if (failed.opens === 'transaction' || sqlState === '42P05') this.#session.doomed ??= 'preface-failed'
  }

  /** The server skips what is behind an error: none of it was prepared, though it was sent. */
  #forgetPreface(failed: Preface, sqlState: string | undefined, connection: DriverConnection): void {
    const session = this.#session
    this.#forgetSubmitted(connection)
    if (sqlState === undefined) return
    const skipped = this.#preface.slice(this.#preface.indexOf(failed) + 1)
    for (const { name } of skipped.filter(({ wasParsed }) => !wasParsed)) session.prepared.delete(name)
    if (sqlState === '22012') session.doomed = 'poisoned'
    else if (sqlState === '26000') session.forgetPrepared()
    else {
      session.prepared.delete(failed.name)
      // A cancel may come before the server has parsed it, or after: then it is there, and would be there twice.
      if (sqlState !== '42P05' && failed.name !== '') session.stale.add(failed.name)
    }
  }

  /** A name that the server no longer has, or whose result changed its shape, is prepared anew at its next use. */
  #forgetStale(sqlState: string | undefined, connection: DriverConnection): void {
    const { name, text = '' } = this.#inner
    // PREPARE and DEALLOCATE survive the rollback of the block that ran them.
    if (this.#kind === 'call') this.#session.forgetPrepared()
    // Two units of a pipeline prepared one text. The name is made of it, so that what the server has is the same.
    if (sqlState === '42P05' && name?.startsWith(ownPrefix) === true) connection.parsedStatements[name] = text
    if (name === undefined || !(this.#inner.wasParsed ?? this.#wasParsed)) return
    if (sqlState === '26000') this.#session.forgetPrepared()
    if (sqlState !== '0A000') return
    delete connection.parsedStatements[name]
    this.#session.stale.add(name)
  }

  /** Only outside a transaction, and only for errors that come before the execution: nothing happened yet. */
  #mayRetry(error: unknown, failed: Preface | undefined): boolean {
    if (!this.#isUndone(failed) || this.#retries >= maxRetries || !this.#session.client._queryable) return false
    const { routine, message } = error as { routine?: unknown; message?: unknown }
    const name = failed === undefined ? this.#inner.name : failed.name
    if (!name) return false
    // Procedures may raise the same SQLSTATEs after they have committed: the name tells whose statement is missing.
    const sqlState = sqlStateOf(error)
    if (sqlState === '26000') return String(message).includes(name)
    if (sqlState === '42P05')
      return failed === undefined && name.startsWith(ownPrefix) && String(message).includes(name)
    return failed === undefined && (this.#inner.wasParsed ?? this.#wasParsed) && routine === 'RevalidateCachedQuery'
  }

  /** Outside a transaction, or with a BEGIN that did not take place. */
  #isUndone(failed: Preface | undefined): boolean {
    return this.#implicit || failed?.opens === 'transaction'
  }

  #forgetSubmitted(connection: DriverConnection): void {
    const { name } = this.#inner
    if (name !== undefined && connection.submittedNamedStatements) delete connection.submittedNamedStatements[name]
  }
}

function always(): boolean {
  return true
}

function never(): boolean {
  return false
}
