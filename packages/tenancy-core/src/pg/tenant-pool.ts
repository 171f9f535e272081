import type { Scope } from '../scope.ts'
import { TenancyError } from '../tenancy-error.ts'
import type { BatchStatement } from './batch-run.ts'
import { checkOut } from './check-out.ts'
import { FairQueue } from './fair-queue.ts'
import type { BasePool, ConnectCallback, PoolClass } from './pg-module.ts'
import { Pipeline } from './pipeline.ts'
import { requestBatch, requestQuery } from './pool-requests.ts'
import type { Lender } from './pool-requests.ts'
import type { Passage, PoolSettings } from './pool-settings.ts'
import { poolStatistics } from './pool-statistics.ts'
import type { PoolStatistics } from './pool-statistics.ts'
import { assertNotPrismaListener } from './prisma-detection.ts'
import { unitScopeOf } from './scope-of-call.ts'
import type { TenantClient } from './tenant-client.ts'
import type { WaitLedger } from './wait-ledger.ts'

/** The pool that scopes: to its callers a pool of `pg`. */
export interface ScopedPool extends BasePool {
  queryVia(passage: Passage, args: readonly unknown[]): unknown
  connectVia(passage: Passage, callback?: ConnectCallback): unknown
  checkLogin(): Promise<void>
}

/** Extends the pool class of the host's own `pg`. */
export function tenantPoolClass(Pool: PoolClass, settings: PoolSettings): new (options: object) => ScopedPool {
  class TenantPool extends Pool {
    readonly #queue: FairQueue
    readonly #lender: Lender

    constructor(options: object) {
      super(options)
      const own = (done: ConnectCallback): unknown => super.connect(done)
      this.#queue = queueOf(this, settings)
      this.#lender = {
        settings,
        pipeline: pipelineOf(this, settings, this.#queue.ledger),
        acquire: (scope, done) => acquire({ own, queue: this.#queue }, scope, done),
      }
    }

    override get waitingCount(): number {
      return super.waitingCount + this.#queue.waiting + (this.#lender.pipeline?.waiting ?? 0)
    }

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

    override end(callback?: () => void): Promise<void> {
      this.#queue.close(closed())
      const drained = this.#lender.pipeline?.close(closed())
      if (callback === undefined) return endBoth(super.end(), drained)
      return super.end(callback)
    }

    batch(statements: readonly BatchStatement[]): unknown {
      return requestBatch(this.#lender, statements)
    }

    statistics(options: { readonly top?: number } = {}): PoolStatistics {
      return poolStatistics(this, [this.#queue, this.#lender.pipeline], options.top)
    }

    queryVia(passage: Passage, args: readonly unknown[]): unknown {
      return requestQuery(this.#lender, passage, args)
    }

    connectVia(passage: Passage, callback?: ConnectCallback): unknown {
      return checkOut(this.#lender, passage, callback)
    }

    checkLogin(): Promise<void> {
      return checkLoginOn(super.connect() as Promise<TenantClient>)
    }
  }
  return TenantPool
}

function queueOf(pool: BasePool, settings: PoolSettings): FairQueue {
  const { max, connectionTimeoutMillis } = pool.options
  const { maxPerOrganization, queueTimeoutMs = connectionTimeoutMillis || undefined } = settings
  return new FairQueue({ max, maxPerOrganization, queueTimeoutMs, now: () => performance.now() })
}

function pipelineOf(pool: BasePool, settings: PoolSettings, ledger: WaitLedger): Pipeline | undefined {
  const { pipeline, maxPerOrganization, createPipelineClient } = settings
  if (pipeline === undefined) return undefined
  const { connectionTimeoutMillis, idleTimeoutMillis = 10_000 } = pool.options
  const { queueTimeoutMs = connectionTimeoutMillis || undefined } = settings
  const idleTimeoutMs = idleTimeoutMillis
  return new Pipeline({
    ...pipeline,
    maxPerOrganization,
    queueTimeoutMs,
    idleTimeoutMs,
    ledger,
    createClient: createPipelineClient,
  })
}

async function endBoth(ended: Promise<void>, drained: Promise<void> | undefined): Promise<void> {
  await Promise.all([ended, drained])
}

/** A connection when it is the turn of the organization. */
function acquire(
  pool: { own: (done: ConnectCallback) => unknown; queue: FairQueue },
  scope: Scope,
  done: ConnectCallback,
): void {
  pool.queue.acquire({
    scope: unitScopeOf(scope),
    refuse: (error) => done(error, undefined, () => {}),
    grant: (slot) => {
      pool.own((error, client, giveBack) => {
        if (error) pool.queue.release(slot)
        done(error, client, (failure) => {
          giveBack(failure)
          pool.queue.release(slot)
        })
      })
    },
  })
}

async function checkLoginOn(connecting: Promise<TenantClient>): Promise<void> {
  const client = await connecting
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

function closed(): TenancyError {
  return new TenancyError('POOL_CLOSED', 'The pool was closed by end() or tenancy.close(); nothing was sent.')
}
