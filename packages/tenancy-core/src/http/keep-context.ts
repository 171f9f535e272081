import { AsyncLocalStorage } from 'node:async_hooks'
import type { EventEmitter } from 'node:events'

type RunInside = <Result>(fn: () => Result) => Result

const contexts = new WeakMap<EventEmitter, RunInside>()

/**
 * Lets every listener of the emitter run in the asynchronous context of this call; a later call replaces it.
 *
 * A response says `drain` and `finish` in the context of whoever last wrote to the socket. When a client sends its next
 * request before the first is answered, that is the other request: a streamed answer would be read on, and `onResponse`
 * hooks would run, in the organization of another user.
 */
export function keepContext(emitter: EventEmitter): void {
  const isKept = contexts.has(emitter)
  contexts.set(emitter, AsyncLocalStorage.snapshot())
  if (isKept) return
  const emit = emitter.emit.bind(emitter)
  emitter.emit = (...event: Parameters<EventEmitter['emit']>) =>
    (contexts.get(emitter) as RunInside)(() => emit(...event))
}
