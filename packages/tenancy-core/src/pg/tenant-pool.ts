import { AsyncResource } from 'node:async_hooks'
import { TenancyError, isTenancyError } from '../tenancy-error.ts'
import { scopeKey } from '../scope.ts'
import type { Scope, ScopeStore } from '../scope.ts'
import { emitEvent } from '../tenancy-event.ts'
import type { TenancyListener } from '../tenancy-event.ts'
import { assertNoControl, assertSendable } from './assert-sendable.ts'
import { ClientHandle } from './client-handle.ts'
import type { BasePool, ConnectCallback, LentClient, PoolClass } from './pg-module.ts'
import { assertNotPrisma, assertNotPrismaListener } from './prisma-detection.ts'
import { deliver, readQueryCall } from './query-call.ts'
import type { QueryCall, QueryCallback } from './query-call.ts'
import type { StatementBook } from './statement-book.ts'
import type { TenantClient } from './tenant-client.ts'

/** Poisoned connections in a row that a single statement may meet before its caller hears of them. */
const maxPoisoned = 3

/** What a pool needs to know beside the options of `pg`. */
export interface PoolSettings {
  readonly scopes: ScopeStore
  readonly book: StatementBook
  /** The pool of the operator login. @throws {TenancyError} `OPERATOR_UNAVAILABLE` without one. */
  readonly operatorPool: () => BasePool
  readonly onEvent: TenancyListener | undefined
}

/** How a call reached the pool. */
export interface Passage {
  /** The scope to use in place of the caller's. */
  readonly scope?: Scope | undefined
  /** Whether the calls come from an ORM that is known to keep tenants apart. */
  readonly trusted?: boolean
}

/** The pool that scopes: to its callers a pool of `pg`. */
export interface ScopedPool extends BasePool {
  queryVia(passage: Passage, args: readonly unknown[]): unknown
  connectVia(passage: Passage, callback?: ConnectCallback): unknown
  checkLogin(): Promise<void>
}

/** Extends the pool class of the host's own `pg`. */
export function tenantPoolClass(Pool: PoolClass, settings: PoolSettings): new (options: object) => ScopedPool {
  class TenantPool extends Pool {
    override query(...args: unknown[]): unknown {
      return this.queryVia({}, args)
    }

    override connect(callback?: ConnectCallback): unknown {
      return this.connectVia({}, callback)
    }

    override on(event: string | symbol, listener: (...args: unknown[]) => void): this {
      if (event === 'error') assertNotPrismaListener()
      return super.on(event, listener)
    }

    queryVia(passage: Passage, args: readonly unknown[]): unknown {
      const call = readQueryCall(args)
      if (passage.trusted !== true) assertNotPrisma(args)
      const acquire = (done: ConnectCallback): unknown => super.connect(done)
      return deliver(call.callback, (settle) => {
        // Here, in the caller's own context. The pool dispatches from the context of whoever frees a connection.
        const scope = scopeOf(passage, settings.scopes)
        if (scope.kind === 'operator') {
          assertNoControl(call.config.text, settings.book)
          settings.operatorPool().query(...withCallback(args, settle))
          return
        }
        if (call.foreign !== undefined) throw foreignOnPool()
        assertSendable(call.config.text, settings.book, 'single')
        runSingle({ acquire, call, organizationId: organizationOf(scope), settle, settings, attempts: 1 })
      })
    }

    connectVia(passage: Passage, callback?: ConnectCallback): unknown {
      const checkOut = (settle: QueryCallback): void => {
        const scope = scopeOf(passage, settings.scopes)
        const lender =
          scope.kind === 'operator'
            ? settings.operatorPool()
            : { connect: (done: ConnectCallback) => super.connect(done) }
        lender.connect((error: unknown, client: LentClient | undefined, release: (error?: unknown) => void) => {
          if (error || client === undefined) return settle(error)
          settle(undefined, openHandle({ client, release, scope, passage, settings }))
        })
      }
      if (callback === undefined) return deliver(undefined, checkOut)
      const bound = AsyncResource.bind(callback)
      return deliver((error, client) => {
        if (error) bound(error, undefined, () => {})
        else bound(undefined, client as LentClient, (client as LentClient).release)
      }, checkOut)
    }

    async checkLogin(): Promise<void> {
      const client = (await super.connect()) as TenantClient
      try {
        await new Promise<void>((resolve, reject) => {
          client.checkLogin((error) => (error ? reject(error) : resolve()))
        })
        client.release()
      } catch (error) {
        client.release(true)
        throw error
      }
    }
  }
  return TenantPool
}

interface SingleRun {
  readonly acquire: (done: ConnectCallback) => unknown
  readonly call: QueryCall
  readonly organizationId: string
  readonly settle: QueryCallback
  readonly settings: PoolSettings
  readonly attempts: number
}

/** A statement on a connection of its own, which goes back as soon as the server has answered everything. */
function runSingle(run: SingleRun): void {
  run.acquire((connectError, lent, release) => {
    if (connectError || lent === undefined) return run.settle(connectError)
    const client = lent as TenantClient
    let settled = false
    const finish = (error: unknown, result?: unknown): void => {
      if (settled) return
      settled = true
      client.removeListener('error', finish)
      giveBack({ client, release, settings: run.settings })
      // Nothing was executed: another connection may serve the statement.
      if (isTenancyError(error, 'CONNECTION_POISONED') && run.attempts < maxPoisoned) {
        return runSingle({ ...run, attempts: run.attempts + 1 })
      }
      run.settle(error, result)
    }
    client.once('error', finish)
    try {
      client.enqueue(run.call, run.organizationId, finish)
    } catch (error) {
      finish(error)
    }
  })
}

/** A connection goes back when nothing of its holder is left on it, and is closed otherwise. */
function giveBack(held: {
  client: TenantClient
  release: (error?: unknown) => void
  settings: PoolSettings
  error?: unknown
}): void {
  const { client, release, settings, error } = held
  const { session } = client
  if (error || !session.isSettled()) {
    reportClosed(client, settings)
    return release(error || true)
  }
  session.whenReady(() => {
    if (session.isClean()) return release()
    reportClosed(client, settings)
    release(true)
  })
}

function reportClosed(client: TenantClient, settings: PoolSettings): void {
  const { doomed } = client.session
  const inTransaction = ['T', 'E'].includes(client.getTransactionStatus() ?? '')
  const reason = doomed ?? (inTransaction ? 'in-transaction' : undefined)
  if (reason === undefined) return
  emitEvent(settings.onEvent, { type: 'connection.closed', reason, processId: client.processID ?? undefined })
}

function openHandle(checkOut: {
  client: LentClient
  release: (error?: unknown) => void
  scope: Scope
  passage: Passage
  settings: PoolSettings
}): unknown {
  const { client, release, scope, passage, settings } = checkOut
  const query = (args: readonly unknown[]): unknown => {
    const call = readQueryCall(args)
    if (passage.trusted !== true) assertNotPrisma(args)
    const start = (settle: QueryCallback): void => {
      assertSameScope(scope, settings.scopes.current())
      if (scope.kind === 'operator') client.query(...withCallback(args, settle))
      else (client as TenantClient).enqueue(call, organizationOf(scope), settle)
    }
    return call.foreign === undefined ? deliver(call.callback, start) : submitForeign(client, call, { start, args })
  }
  return ClientHandle.open({
    client,
    query,
    release: (error) => {
      if (scope.kind !== 'operator') return giveBack({ client: client as TenantClient, release, settings, error })
      release(error || client.getTransactionStatus() !== 'I')
    },
  })
}

/** Cursors and streams report failures themselves, and are what `query()` returns. */
function submitForeign(
  client: LentClient,
  call: QueryCall,
  submission: { start: (settle: QueryCallback) => void; args: readonly unknown[] },
): unknown {
  const foreign = call.foreign as NonNullable<QueryCall['foreign']>
  try {
    submission.start(call.callback ?? (() => {}))
  } catch (error) {
    process.nextTick(() => foreign.handleError(error, client.connection))
  }
  return foreign
}

function assertSameScope(bound: Scope, current: Scope | undefined): void {
  if (bound.kind === 'operator' && !bound.open) {
    throw new TenancyError(
      'SCOPE_CLOSED',
      `The operator scope opened for "${bound.reason}" has ended; nothing was sent.`,
    )
  }
  // Code that has lost its context (a callback of an emitter) still holds a client of its own tenant.
  if (current === undefined || scopeKey(current) === scopeKey(bound)) return
  throw new TenancyError(
    'TENANT_MISMATCH',
    `A client that was checked out for ${scopeKey(bound)} is used in the scope of ${scopeKey(current)}; nothing was sent. ` +
      'Check out a client inside the scope that uses it.',
    { details: { checkedOutFor: scopeKey(bound), usedIn: scopeKey(current) } },
  )
}

function scopeOf(passage: Passage, scopes: ScopeStore): Scope {
  if (passage.scope === undefined) return scopes.require()
  assertSameScope(passage.scope, scopes.current())
  return passage.scope
}

function organizationOf(scope: Scope): string {
  return scope.kind === 'tenant' ? scope.organizationId : ''
}

/** The operator pool takes the same arguments; only its outcome is delivered by us. */
function withCallback(args: readonly unknown[], settle: QueryCallback): unknown[] {
  const [first, second] = args
  const values = typeof second === 'function' ? undefined : second
  return [first, values, settle]
}

function foreignOnPool(): TenancyError {
  return new TenancyError(
    'STATEMENT_UNSUPPORTED',
    'A cursor or stream cannot be scoped on a pool; nothing was sent. Check out a client, send BEGIN, and run it there.',
  )
}
