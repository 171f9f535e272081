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
import { assertLoginBound, assertSealed, loginFactsSql } from './login-check.ts'
import type { LoginFacts } from './login-check.ts'
import type { ClientClass, LentClient, QueryClass } from './pg-module.ts'
import { deliver, readQueryCall } from './query-call.ts'
import type { QueryCall, QueryCallback } from './query-call.ts'
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

    constructor(config?: object) {
      super(config)
      const send: CancelRequest = (stillActive) => sendCancelRequest(this, new Client(config), stillActive)
      this.session = new DriverSession(this, settings.context, (active) =>
        settings.scopes.runOutside(() => send(active)),
      )
    }

    override connect(callback?: (error?: unknown) => void): unknown {
      // Outside every scope: whatever the socket calls later must find no tenant rather than the first caller's.
      if (callback !== undefined)
        return settings.scopes.runOutside(() => {
          const connect = (done: (error?: unknown) => void): unknown => super.connect(done)
          connectBound(this, connect, { settings, done: callback })
        })
      return new Promise((resolve, reject) => {
        this.connect((error) => (error ? reject(error) : resolve(this)))
      })
    }

    /** Calls that come here and not through a check-out belong to hooks such as `pool.on('connect')`: no tenant. */
    override query(...args: unknown[]): unknown {
      const call = readQueryCall(args)
      return deliver(call.callback, (settle) => this.enqueue(call, noTenant, settle))
    }

    enqueue(call: QueryCall, scope: UnitScope, settle: QueryCallback): void {
      const { session } = this
      const units = unitsOf(call, { session, scope, settings, settle })
      session.whenCancelled(() => {
        for (const unit of units) super.query(unit)
      })
    }

    pipe(call: QueryCall, scope: UnitScope, settle: QueryCallback): void {
      const { session } = this
      for (const unit of unitsOf(call, { session, scope, settings, settle })) session.pipe(unit)
    }

    enqueueBatch(parts: readonly CreatePart[], scope: UnitScope, settle: QueryCallback): void {
      const { session } = this
      const unit = batchUnit(parts, { session, scope, settings, settle })
      session.whenCancelled(() => super.query(unit))
    }

    checkLogin(done: (error?: unknown) => void): void {
      super.query({ text: loginFactsSql, values: [settings.schema ?? ''] }, (error: unknown, result: unknown) => {
        if (error) return done(error)
        done(loginError((result as { rows: LoginFacts[] }).rows[0], settings))
      })
    }
  }
  return BoundTenantClient
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
    if (loginCheckedAt !== undefined && performance.now() - loginCheckedAt < loginCheckValidMs) return done()
    // The pool listens for errors only once it has the client; an unheard one would end the process.
    const ignore = (): void => {}
    client.on('error', ignore)
    client.checkLogin((error) => {
      if (!error) {
        client.removeListener('error', ignore)
        return done()
      }
      // The pool forgets a client that failed to connect without closing it.
      client.end(() => done(error))
    })
  })
}

function loginError(facts: LoginFacts | undefined, settings: ClientSettings): TenancyError | undefined {
  try {
    if (facts === undefined) throw new TenancyError('LOGIN_PRIVILEGED', 'The catalog says nothing about the login.')
    assertLoginBound(facts, settings.schema)
    if (settings.seal !== undefined && settings.schema !== undefined) assertSealed(facts, settings.schema)
    settings.seal?.bind(facts.database)
    settings.loginCheckedAt = performance.now()
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
  const inner = new BatchQuery(parts.map(create), { stale: session.stale, settle: watch.before(settle, scope) })
  const unit = new TenantUnit(inner, { session, scope, kind: 'work', queryTimeoutMs: undefined })
  watch.start(scope, session, unit)
  return unit
}

/** A query that is part of a batch is not seen by the client, which would give it the parsers of its own. */
function withTypes(query: DriverQuery, types: unknown): DriverQuery {
  if (query._result !== undefined) query._result._types ??= types
  return query
}

function unitsOf(call: QueryCall, binding: CallBinding): readonly (TenantUnit | ForeignUnit)[] {
  const { session, scope, settings, settle } = binding
  if (call.foreign !== undefined) return foreignUnits(call, binding)
  const { kind } = assertSendable(call.config.text, settings.book)
  // A holder that cleans up after an abort may still undo.
  if (kind !== 'rollback') assertNotAborted(scope)
  const watch = new AbortWatch()
  const inner = new settings.Query({ ...call.config, callback: watch.before(settle, scope) })
  if (inner.name === undefined && (inner.values?.length ?? 0) > 0) inner.name = settings.book.nameOf(call.config.text)
  const unit = new TenantUnit(inner, { session, scope, kind, queryTimeoutMs: call.config.query_timeout })
  // Whether a COMMIT that is cancelled took place, nobody could say.
  if (kind !== 'commit' && kind !== 'rollback') watch.start(scope, session, unit)
  return [unit]
}

/** In front of a cursor goes an empty statement, which carries the context if the transaction does not have it yet. */
function foreignUnits(call: QueryCall, binding: CallBinding): readonly (TenantUnit | ForeignUnit)[] {
  const { session, scope, settings } = binding
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
