import type { OutboxEvent, OutboxEventType } from './outbox-event.ts'

/** What a handler gets beside the event. */
export interface DeliveryContext {
  /**
   * Aborted when the process has lost the organization to another, is stopped and waits no longer, or the time of
   * `handlerTimeoutMs` is over: whatever the handler does from there on, the event will be delivered again.
   */
  readonly signal: AbortSignal
}

/**
 * Does what an event asks for, in the scope of its organization. An event whose handler rejects is delivered again, after
 * a while; what it did before it failed may be done twice. `event.id` tells whether it was done.
 */
export type OutboxHandler<Type extends OutboxEventType = OutboxEventType> = (
  event: OutboxEvent<Type>,
  context: DeliveryContext,
) => void | Promise<void>

/** Handlers by type; `*` takes every event beside its own. What nobody takes counts as delivered. */
export type OutboxHandlers = {
  readonly [Type in OutboxEventType]?: OutboxHandler<Type>
} & { readonly '*'?: OutboxHandler }

/** Those that take an event, in order. */
export function handlersOf(handlers: OutboxHandlers, type: string): readonly OutboxHandler[] {
  const own = Object.hasOwn(handlers, type)
    ? (handlers[type as OutboxEventType] as OutboxHandler | undefined)
    : undefined
  return [own, handlers['*']].filter((handler) => handler !== undefined)
}
