import { AsyncResource } from 'node:async_hooks'
import type { EventEmitter } from 'node:events'
import { TenancyError } from '../tenancy-error.ts'

/** What a check-out stands on. */
export interface HandleBacking {
  readonly client: EventEmitter
  /** Runs a query; called only while the check-out lives. */
  query(args: readonly unknown[]): unknown
  /** What the holder is told of its transaction: open from BEGIN on, whether the server has heard of it or not. */
  transactionStatus(): unknown
  /** Gives the connection back; an error, or `true`, closes it. */
  release(error: unknown): void
}

type Listener = (...args: unknown[]) => void

const adders = new Set(['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'])
const removers = new Set(['off', 'removeListener'])
// The raw wire, and what stands on it, would send what it is given without a tenant.
const hidden = new Set(['connection', 'session', 'enqueue', 'enqueueBatch', 'pipe', 'checkLogin', 'whenLost'])
// Reachable after release: clean-up code runs late, and none of it reaches the server.
const harmless = new Set([
  ...removers,
  'removeAllListeners',
  'escapeIdentifier',
  'escapeLiteral',
  'constructor',
  'then',
])

/**
 * One check-out of a connection. It dies on release: a handle that is kept and used later would run on a connection that
 * another tenant has by then. Listeners die with it, so that nobody hears the notices of the next tenant.
 */
export class ClientHandle implements ProxyHandler<EventEmitter> {
  readonly #backing: HandleBacking
  readonly #listeners: { event: string; given: Listener; bound: Listener }[] = []
  readonly #own = new Map<string | symbol, unknown>()
  #released = false

  private constructor(backing: HandleBacking) {
    this.#backing = backing
    this.#own.set('getTransactionStatus', () => {
      this.#assertHeld()
      return backing.transactionStatus()
    })
  }

  /** The handle as its holder sees it: a client of the host's own `pg`. */
  static open(backing: HandleBacking): EventEmitter {
    return new Proxy(backing.client, new ClientHandle(backing))
  }

  get(target: EventEmitter, property: string | symbol, receiver: unknown): unknown {
    if (this.#own.has(property)) return this.#own.get(property)
    if (property === 'query') return (...args: unknown[]) => this.#query(args)
    if (property === 'release') return (error?: unknown) => this.#release(error)
    if (typeof property === 'string' && hidden.has(property)) return undefined
    if (typeof property === 'string' && adders.has(property)) {
      return (event: string, listener: Listener) => this.#listen(property, { event, listener, receiver })
    }
    if (typeof property === 'string' && removers.has(property)) {
      return (event: string, listener: Listener) => this.#unlisten(event, listener, receiver)
    }
    const value: unknown = Reflect.get(target, property, target)
    if (typeof value !== 'function' || property === 'constructor') return value
    return this.#released && !harmless.has(String(property)) ? () => this.#assertHeld() : value.bind(target)
  }

  /** What libraries note on a client stays with the check-out: the next tenant's must not find it. */
  set(_target: EventEmitter, property: string | symbol, value: unknown): boolean {
    this.#own.set(property, value)
    return true
  }

  #query(args: readonly unknown[]): unknown {
    if (!this.#released) return this.#backing.query(args)
    const error = released()
    const callback = args.find((argument) => typeof argument === 'function')
    if (callback === undefined) return Promise.reject(error)
    process.nextTick(callback, error)
    return undefined
  }

  #release(error: unknown): void {
    this.#assertHeld()
    this.#released = true
    for (const { event, bound } of this.#listeners) this.#backing.client.removeListener(event, bound)
    this.#backing.release(error)
  }

  #assertHeld(): void {
    if (this.#released) throw released()
  }

  #listen(method: string, call: { event: string; listener: Listener; receiver: unknown }): unknown {
    this.#assertHeld()
    const bound = AsyncResource.bind(call.listener)
    this.#listeners.push({ event: call.event, given: call.listener, bound })
    const add = Reflect.get(this.#backing.client, method) as (event: string, listener: Listener) => unknown
    add.call(this.#backing.client, call.event, bound)
    return call.receiver
  }

  #unlisten(event: string, listener: Listener, receiver: unknown): unknown {
    const index = this.#listeners.findLastIndex((entry) => entry.event === event && entry.given === listener)
    const [entry] = index === -1 ? [] : this.#listeners.splice(index, 1)
    if (entry !== undefined) this.#backing.client.removeListener(event, entry.bound)
    return receiver
  }
}

function released(): TenancyError {
  return new TenancyError(
    'CLIENT_RELEASED',
    'The client was released and its connection may serve another tenant; nothing was sent. Check out a client anew ' +
      'with pool.connect().',
  )
}
