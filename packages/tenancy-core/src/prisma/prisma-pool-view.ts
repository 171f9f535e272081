import { EventEmitter } from 'node:events'
import type { Scope } from '../scope.ts'
import type { ConnectCallback } from '../pg/pg-module.ts'
import type { Passage } from '../pg/pool-settings.ts'
import type { ScopedPool } from '../pg/tenant-pool.ts'
import { inTurn } from './in-turn.ts'

/**
 * The pool as Prisma's adapter gets it: the same connections through a passage that is trusted, since whoever built the
 * view keeps the batches of tenants apart. Listeners of the adapter stay on the view, so that a client that is dropped
 * leaves none on the pool.
 */
export class PrismaPoolView implements ProxyHandler<ScopedPool> {
  readonly #passage: Passage
  readonly #events: EventEmitter

  private constructor(passage: Passage, events: EventEmitter) {
    this.#passage = passage
    this.#events = events
  }

  /** A view for the scope of the caller, or for one that is fixed. */
  static open(pool: ScopedPool, scope?: Scope): ScopedPool {
    return new Proxy(pool, new PrismaPoolView({ trusted: true, scope }, new EventEmitter()))
  }

  get(pool: ScopedPool, property: string | symbol): unknown {
    if (property === 'query') return (...args: unknown[]) => pool.queryVia(this.#passage, args)
    if (property === 'connect') return (callback?: ConnectCallback) => this.#connect(pool, callback)
    const owner = typeof property === 'string' && property in EventEmitter.prototype ? this.#events : pool
    const value: unknown = Reflect.get(owner, property, owner)
    return typeof value === 'function' && property !== 'constructor' ? value.bind(owner) : value
  }

  #connect(pool: ScopedPool, callback: ConnectCallback | undefined): unknown {
    const connected = pool.connectVia(this.#passage, callback)
    return callback === undefined ? (connected as Promise<Parameters<typeof inTurn>[0]>).then(inTurn) : connected
  }
}
