/* oxlint-disable no-underscore-dangle -- the names are the driver's own */
import { TenancyError, isTenancyError } from '../tenancy-error.ts'
import type { TenantSeal } from '../seal/tenant-seal.ts'
import type { ScopeStore } from '../scope.ts'
import { AbortWatch } from './abort-watch.ts'
import { BatchQuery } from './batch-query.ts'
import type { CreatePart } from './batch-query.ts'
import { sendCancelRequest } from './cancel-request.ts'
import type { CancelRequest } from './cancel-request.ts'
import { DriverSession } from './driver-session.ts'
import type { DriverQuery } from './driver-session.ts'
import { TenantUnit } from './driver.ts'
import type { ContextStatements } from './context-statements.ts'
import { ForeignUnit } from './foreign-unit.ts'
import {
  assertLoginBound,
  assertSealed,
  loginFactsSql,
  sealCheckOrganization,
  sealCheckSql,
  sealRefusal,
} from './login-check.ts'
import type { LoginFacts } from './login-check.ts'
import type { ClientClass, LentClient, QueryClass } from './pg-module.ts'
import { deliver, readQueryCall } from './query-call.ts'
import type { QueryCall, QueryCallback } from './query-call.ts'
import type { Statement } from './statement.ts'
import type { StatementBook } from './statement-book.ts'
import { assertSendable } from './assert-sendable.ts'
import { assertNotAborted, noTenant } from './scope-of-call.ts'
import type { UnitScope } from './scope-of-call.ts'

const loginCheckValidMs = 60_000

/** What the connections of one pool share. */
export interface ClientSettings {
  readonly scopes: ScopeStore
  readonly context: ContextStatements
  readonly book: StatementBook
  readonly Query: QueryClass
  /** The schema of the control plane, `undefined` when none is expected. */
  readonly schema: string | undefined
  /** Signs the tenants, where the database takes tokens. */
  readonly seal: TenantSeal | undefined
  /** When the login was last found to be bound, by the clock of the process in milliseconds. */
  loginCheckedAt: number | undefined
}

/** A physical connection that puts the tenant in front of every statement. */
export interface TenantClient extends LentClient {
  readonly session: DriverSession
  /** Told of the end of the connection, by whoever holds it. */
  whenLost: ((error: unknown) => void) | undefined
  /** Puts one statement in the queue. */
  enqueue(call: QueryCall, scope: UnitScope, settle: QueryCallback): void
  /** Puts several statements in the queue that take effect together or not at all. */
  enqueueBatch(parts: readonly CreatePart[], scope: UnitScope, settle: QueryCallback): void
  /** Sends one statement without waiting for the answers to those before it. */
  pipe(call: QueryCall, scope: UnitScope, settle: QueryCallback): void
  /** Asks the catalog whether row level security binds the login. */
  checkLogin(done: (error?: unknown) => void): void
}

/** Extends the client class of the host's own `pg`. */
export function tenantClientClass(
  Client: ClientClass,
  settings: ClientSettings,
): new (config?: object) => TenantClient {
  class BoundTenantClient extends (Client as new (config?: object) => LentClient) {
    readonly session: DriverSession
    whenLost: ((error: unknown) => void) | undefined

    constructor(config?: object) {
      super(config)
      // The statement that runs reports a broken connection, and the pool listens only while it has the connection: an
      // event that nobody hears would end the process.
      this.on('error', (error: unknown) => this.whenLost?.(error))
      const send: CancelRequest = (stillActive) => sendCancelRequest(this, new Client(config), stillActive)
      this.session = new DriverSession(this, settings.context, (active) =>
        settings.scopes.runOutside(() => send(active)),
      )
    }

    override connect(callback?: (error?: unknown) => void): unknown {
      if (callback === undefined) return connected(this)
      // Outside every scope: whatever the socket calls later must find no tenant rather than the first caller's.
      return settings.scopes.runOutside(() => {
        const connect = (done: (error?: unknown) => void): unknown => super.connect(done)
        connectBound(this, connect, { settings, done: callback })
      })
    }

    /** Calls that come here and not through a check-out belong to hooks such as `pool.on('connect')`: no tenant. */
    override query(...args: unknown[]): unknown {
      const call = readQueryCall(args)
      return deliver(call.callback, (settle) => this.enqueue(call, noTenant, settle))
    }

    enqueue(call: QueryCall, scope: UnitScope, settle: QueryCallback): void {
      const { session } = this
      const binding = { session, scope, settings, settle }
      if (call.foreign === undefined) return this.#enqueue(call, binding)
      const units = foreignUnits(call, binding)
      session.whenCancelled(() => {
        for (const unit of units) super.query(unit)
      })
    }

    #enqueue(call: QueryCall, binding: CallBinding): void {
      const statement = statementOf(call, binding)
      if (answersBegin(call, statement, binding)) return
      const unit = unitOf(call, statement, binding)
      binding.session.whenCancelled(() => super.query(unit))
    }

    pipe(call: QueryCall, scope: UnitScope, settle: QueryCallback): void {
      const { session } = this
      const binding = { session, scope, settings, settle }
      session.pipe(unitOf(call, statementOf(call, binding), binding))
    }

    enqueueBatch(parts: readonly CreatePart[], scope: UnitScope, settle: QueryCallback): void {
      const { session } = this
      const unit = batchUnit(parts, { session, scope, settings, settle })
      session.whenCancelled(() => super.query(unit))
    }

    checkLogin(done: (error?: unknown) => void): void {
      checkBound((statement, answer) => super.query(statement, answer), { settings, done })
    }
  }
  return BoundTenantClient
}

function connected(client: TenantClient): Promise<TenantClient> {
  return new Promise((resolve, reject) => {
    client.connect((error) => (error ? reject(error) : resolve(client)))
  })
}

function connectBound(
  client: TenantClient,
  connect: (done: (error?: unknown) => void) => unknown,
  options: { settings: ClientSettings; done: (error?: unknown) => void },
): void {
  const { settings, done } = options
  connect((connectError?: unknown) => {
    if (connectError) return done(connectError)
    const { loginCheckedAt } = settings
    // The driver says that it is connected before it is ready: given back in between, it would wait for that for ever.
    if (loginCheckedAt !== undefined && performance.now() - loginCheckedAt < loginCheckValidMs) {
      return process.nextTick(done)
    }
    client.checkLogin((error) => {
      if (!error) return done()
      // The pool forgets a client that failed to connect without closing it.
      client.end(() => done(error))
    })
  })
}

/** Sends a statement as it is, without a tenant. */
type Ask = (
  statement: { readonly text: string; readonly values: readonly string[] },
  answer: (error: unknown, result: unknown) => void,
) => void

/** Asks the catalog about the login, and a sealed context whether it takes what this pool sends. */
function checkBound(ask: Ask, options: { settings: ClientSettings; done: (error?: unknown) => void }): void {
  const { settings, done } = options
  const { schema, context } = settings
  const passed = (refusal: TenancyError | undefined): void => {
    if (refusal === undefined) settings.loginCheckedAt = performance.now()
    done(refusal)
  }
  ask({ text: loginFactsSql, values: [schema ?? ''] }, (error, result) => {
    if (error) return done(error)
    const [facts] = (result as { rows: LoginFacts[] }).rows
    const refusal = loginError(facts, settings)
    if (refusal !== undefined || schema === undefined || facts?.sealed !== true) return passed(refusal)
    const check = { text: sealCheckSql(context.again, schema), values: [context.valueOf(sealCheckOrganization)] }
    ask(check, (answer) => passed(sealRefusal(answer, facts)))
  })
}

function loginError(facts: LoginFacts | undefined, settings: ClientSettings): TenancyError | undefined {
  try {
    if (facts === undefined) throw new TenancyError('LOGIN_PRIVILEGED', 'The catalog says nothing about the login.')
    assertLoginBound(facts, settings.schema)
    if (settings.seal !== undefined && settings.schema !== undefined) assertSealed(facts, settings.schema)
    settings.seal?.bind(facts.database)
    return undefined
  } catch (error) {
    if (isTenancyError(error)) return error
    throw error
  }
}

interface CallBinding {
  readonly session: DriverSession
  readonly scope: UnitScope
  readonly settings: ClientSettings
  readonly settle: QueryCallback
}

function batchUnit(parts: readonly CreatePart[], binding: CallBinding): TenantUnit {
  const { session, scope, settle } = binding
  assertNotAborted(scope)
  const watch = new AbortWatch()
  const create = (part: CreatePart): CreatePart => {
    return (callback) => withTypes(part(callback), session.client._types)
  }
  const inner = new BatchQuery(parts.map(create), { stale: session.stale, settle: watch.before(settle) })
  const unit = new TenantUnit(inner, { session, scope, kind: 'work', queryTimeoutMs: undefined })
  watch.start(scope, session, unit)
  return unit
}

/** A query that is part of a batch is not seen by the client, which would give it the parsers of its own. */
function withTypes(query: DriverQuery, types: unknown): DriverQuery {
  if (query._result !== undefined) query._result._types ??= types
  return query
}

/** What a statement is, when it may be sent. */
function statementOf({ config }: QueryCall, { scope, settings }: CallBinding): Statement {
  const statement = assertSendable(config.text, settings.book)
  // A holder that cleans up after an abort may still undo.
  if (statement.kind !== 'rollback') assertNotAborted(scope)
  return statement
}

function unitOf(call: QueryCall, statement: Statement, { session, scope, settings, settle }: CallBinding): TenantUnit {
  const { kind, isPlainControl } = statement
  const watch = scope.signal === undefined ? undefined : new AbortWatch()
  const inner = queryOf(call, settings, watch === undefined ? settle : watch.before(settle))
  if (inner.name === undefined && (inner.values?.length ?? 0) > 0) inner.name = settings.book.nameOf(call.config.text)
  const unit = new TenantUnit(inner, {
    session,
    scope,
    kind,
    isPlainControl,
    queryTimeoutMs: call.config.query_timeout,
  })
  // Whether a COMMIT that is cancelled took place, nobody could say.
  if (kind !== 'commit' && kind !== 'rollback') watch?.start(scope, session, unit)
  return unit
}

function queryOf({ config }: QueryCall, { Query }: ClientSettings, callback: QueryCallback): DriverQuery {
  const { text, values, name, types, rowMode, binary } = config
  if (types !== undefined || rowMode !== undefined || binary !== undefined) return new Query({ ...config, callback })
  // The driver copies an object property by property, descriptors and all, and takes a text as it is.
  const query = new Query(text, values, callback)
  query.name = name
  return query
}

/**
 * Answers a BEGIN at once and keeps it back, to send it in one flush with the first statement of its transaction.
 * Only on a connection where nothing is under way, and only a BEGIN that cannot fail.
 */
function answersBegin(call: QueryCall, statement: Statement, binding: CallBinding): boolean {
  const { session, settings, settle } = binding
  if (statement.kind !== 'begin' || !statement.isPlainControl || call.config.name !== undefined) return false
  if (!session.isClean() || session.holdsBegin) return false
  session.holdBegin(call.config.text)
  const answer = queryOf(call, settings, settle)
  process.nextTick(() => {
    answer.handleCommandComplete?.({ text: 'BEGIN' }, session.client.connection)
    answer.handleReadyForQuery?.(session.client.connection)
  })
  return true
}

/** In front of a cursor goes an empty statement, which carries the context if the transaction does not have it yet. */
function foreignUnits(
  call: QueryCall,
  { session, scope, settings }: CallBinding,
): readonly (TenantUnit | ForeignUnit)[] {
  const foreign = call.foreign as NonNullable<QueryCall['foreign']>
  assertSendable(textOf(foreign), settings.book, 'foreign')
  assertNotAborted(scope)
  const watch = new AbortWatch()
  const unit = new ForeignUnit(foreign, { session, scope, ended: () => watch.end() })
  watch.start(scope, session, unit)
  if (call.callback !== undefined && foreign.callback === undefined) foreign.callback = call.callback
  if (session.isArmedFor(scope) && session.isIdle()) return [unit]
  // Its failure aborts the transaction, which the unit behind it finds out and reports.
  const arming = new settings.Query({ text: 'select', callback: () => {} })
  return [new TenantUnit(arming, { session, scope, kind: 'work', queryTimeoutMs: undefined }), unit]
}

/** A stream keeps its text in the cursor that it stands on. */
function textOf(foreign: DriverQuery): string | undefined {
  return foreign.text ?? foreign.cursor?.text
}
