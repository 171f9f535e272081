import { TenancyError } from '../tenancy-error.ts'
import type { OutboxHandler } from './outbox-handlers.ts'
import type { OutboxEvent } from './outbox-event.ts'

/** What bounds the handlers of one delivery. */
export interface DeliveryBounds {
  readonly timeoutMs: number
  /** Aborted when the delivery is none any more, for another reason than the time. */
  readonly signal: AbortSignal
  /** Opens the scope in which a handler works. */
  readonly within: (work: () => Promise<void>) => Promise<void>
}

/**
 * Runs handlers one after the other, all of them within the time. What is not settled by then is left behind: it has been
 * told by its signal, no handler after it begins, and what becomes of it changes nothing.
 *
 * @throws {TenancyError} `OUTBOX_HANDLER_TIMEOUT`, and what a handler rejects with.
 */
export async function runHandlers(
  handlers: readonly OutboxHandler[],
  event: OutboxEvent,
  { timeoutMs, signal, within }: DeliveryBounds,
): Promise<void> {
  const clock = new AbortController()
  const bounded = AbortSignal.any([signal, clock.signal])
  const overdue = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = timedOut(event, timeoutMs)
    clock.abort(error)
    overdue.reject(error)
  }, timeoutMs)
  const work = async (): Promise<void> => {
    for (const handler of handlers) {
      if (bounded.aborted) return
      await within(async () => await handler(event, { signal: bounded }))
    }
  }
  try {
    await Promise.race([work(), overdue.promise])
  } finally {
    clearTimeout(timer)
  }
}

function timedOut({ type, id }: OutboxEvent, timeoutMs: number): TenancyError {
  return new TenancyError(
    'OUTBOX_HANDLER_TIMEOUT',
    `The handlers of ${type} were not done in ${timeoutMs} ms. Heed the signal that they are given, or raise handlerTimeoutMs.`,
    { details: { eventId: id, type, timeoutMs } },
  )
}
