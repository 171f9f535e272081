import { isHostBehindAwait, reachHost } from '../call-site.ts'
import type { Scope } from '../scope.ts'
import { TenancyError } from '../tenancy-error.ts'
import { admit } from './admit.ts'
import { assertNoControl, assertSendable } from './assert-sendable.ts'
import { batchParts, runPlainBatch } from './batch-run.ts'
import type { BatchStatement } from './batch-run.ts'
import type { ConnectCallback } from './pg-module.ts'
import type { Passage, PoolSettings } from './pool-settings.ts'
import { assertNotPrisma } from './prisma-detection.ts'
import { isPipelined } from './pipeline.ts'
import type { Pipeline } from './pipeline.ts'
import { deliver, readQueryCall, withCallback } from './query-call.ts'
import type { QueryCallback } from './query-call.ts'
import { assertNotAborted, scopeOf, unitScopeOf } from './scope-of-call.ts'
import { runSingle } from './single-run.ts'

/** Where the requests of a pool get their connections. */
export interface Lender {
  readonly settings: PoolSettings
  /** Shared connections for single statements. */
  readonly pipeline: Pipeline | undefined
  acquire(scope: Scope, done: ConnectCallback): void
}

/** Runs one statement on a connection that goes back right after. */
export function requestQuery(lender: Lender, passage: Passage, args: readonly unknown[]): unknown {
  const { settings } = lender
  const call = readQueryCall(args)
  const start = (settle: QueryCallback): void => {
    if (passage.trusted !== true) assertNotPrisma(args)
    // Here, in the caller's own context. The pool dispatches from the context of whoever frees a connection.
    const scope = scopeOf(passage, settings.scopes)
    if (scope.kind === 'operator') {
      assertNoControl(call.config.text, settings.book)
      settings.operatorPool().query(...withCallback(args, settle))
      return
    }
    if (call.foreign !== undefined) throw foreignOnPool()
    const unitScope = unitScopeOf(scope)
    const statement = assertSendable(call.config.text, settings.book, 'single')
    assertNotAborted(unitScope)
    const alone = (): void =>
      runSingle({
        acquire: (done) => lender.acquire(scope, done),
        send: (client, finish) => client.enqueue(call, unitScope, finish),
        settle,
        settings,
        attempts: 1,
      })
    const { pipeline } = lender
    const shared = pipeline !== undefined && isPipelined(call, unitScope, statement)
    const go = shared ? (): void => pipeline.run({ call, scope: unitScope, settle, elsewhere: alone }) : alone
    admit(scope, settings, { settle, go })
  }
  const request = (): unknown => deliver(call.callback, start)
  const isUnscoped = call.callback === undefined && (passage.scope ?? settings.scopes.current()) === undefined
  // The call is reported, or refused, with its place in the host.
  return isUnscoped && isHostBehindAwait() ? reachHost().then(request) : request()
}

/** Runs several statements in one transaction, in one round trip. */
export function requestBatch(lender: Lender, statements: readonly BatchStatement[]): unknown {
  const { settings } = lender
  return deliver(undefined, (settle) => {
    const scope = scopeOf({}, settings.scopes)
    const parts = batchParts(statements, settings)
    const unitScope = unitScopeOf(scope)
    assertNotAborted(unitScope)
    if (parts.length === 0) return settle(undefined, [])
    if (scope.kind === 'operator') return runPlainBatch(settings.operatorPool(), parts, settle)
    const go = (): void =>
      runSingle({
        acquire: (done) => lender.acquire(scope, done),
        send: (client, finish) => client.enqueueBatch(parts, unitScope, finish),
        settle,
        settings,
        attempts: 1,
      })
    admit(scope, settings, { settle, go })
  })
}

function foreignOnPool(): TenancyError {
  return new TenancyError(
    'STATEMENT_UNSUPPORTED',
    'A cursor or stream cannot be scoped on a pool; nothing was sent. Check out a client, send BEGIN, and run it there.',
  )
}
