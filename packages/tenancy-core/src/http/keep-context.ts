import { AsyncResource } from 'node:async_hooks'
import type { EventEmitter } from 'node:events'

/** A property, and no map beside: it is written and read at every request. */
const context = Symbol('context')
const emit = Symbol('emit')

interface Kept extends EventEmitter {
  [context]?: AsyncResource
  [emit]?: EventEmitter['emit']
}

// Nobody listens for its end: the collector need not watch it.
const unwatched = { requireManualDestroy: true } as const

/**
 * Lets every listener of the emitters run in the asynchronous context of this call; a later call replaces it.
 *
 * A response says `drain` and `finish` in the context of whoever last wrote to the socket. When a client sends its next
 * request before the first is answered, that is the other request: a streamed answer would be read on, and `onResponse`
 * hooks would run, in the organization of another user.
 *
 * @example
 * ```ts
 * keepContext(response)
 * ```
 */
export function keepContext(...emitters: readonly EventEmitter[]): void {
  const current = new AsyncResource('PARTYWALL_REQUEST', unwatched)
  for (const emitter of emitters as readonly Kept[]) {
    emitter[context] = current
    if (emitter[emit] !== undefined) continue
    // Called with the emitter as `this`, below.
    // oxlint-disable-next-line typescript/unbound-method
    emitter[emit] = emitter.emit
    emitter.emit = emitKept
  }
}

function emitKept(this: Kept, ...event: Parameters<EventEmitter['emit']>): boolean {
  return (this[context] as AsyncResource).runInAsyncScope(this[emit] as EventEmitter['emit'], this, ...event)
}
