import { TenancyError } from '../tenancy-error.ts'
import { assertNoControl, assertSendable } from './assert-sendable.ts'
import { checkOut } from './check-out.ts'
import type { BasePool, ConnectCallback, PoolClass } from './pg-module.ts'
import type { Passage, PoolSettings } from './pool-settings.ts'
import { assertNotPrisma, assertNotPrismaListener } from './prisma-detection.ts'
import { deliver, readQueryCall, withCallback } from './query-call.ts'
import { organizationOf, scopeOf } from './scope-of-call.ts'
import { runSingle } from './single-run.ts'
import type { TenantClient } from './tenant-client.ts'

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
      const acquire = (done: ConnectCallback): unknown => super.connect(done)
      return deliver(call.callback, (settle) => {
        if (passage.trusted !== true) assertNotPrisma(args)
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
      const own = (done: ConnectCallback): unknown => super.connect(done)
      return checkOut({ own, passage, settings }, callback)
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

function foreignOnPool(): TenancyError {
  return new TenancyError(
    'STATEMENT_UNSUPPORTED',
    'A cursor or stream cannot be scoped on a pool; nothing was sent. Check out a client, send BEGIN, and run it there.',
  )
}
