import * as z from 'zod'
import type { OutboxEvent } from './outbox-event.ts'

/** Options of a dispatcher. */
export interface DispatcherOptions {
  /** Organizations that are served at once, from 1 to 100. @defaultValue 8 */
  readonly concurrency?: number | undefined
  /** Events of one organization before the others have their turn, from 1 to 10,000. @defaultValue 100 */
  readonly eventsPerTurn?: number | undefined
  /** Milliseconds to wait when nothing was there, from 10. @defaultValue 500 */
  readonly pollIntervalMs?: number | undefined
  /**
   * Milliseconds after which another process takes an organization over whose process is gone, from 1000. It is renewed
   * while a handler works. @defaultValue 30000
   */
  readonly leaseMs?: number | undefined
  /**
   * Milliseconds that the handlers of an event have together, from 10 to a day. Then their signal is aborted, the delivery
   * has failed, and one that works on nevertheless may do so beside the next delivery. @defaultValue 300000
   */
  readonly handlerTimeoutMs?: number | undefined
  /** Deliveries before an event is given up, from 1 to 1000. @defaultValue 12 */
  readonly maxAttempts?: number | undefined
  /** Milliseconds that delivered events are kept, from 0. @defaultValue 7 days */
  readonly retentionMs?: number | undefined
  /** Told of every delivery that failed, and whether the event was given up. Its own errors are warnings. */
  readonly onFailure?: ((failure: DeliveryFailure) => void) | undefined
}

/** A delivery that failed. */
export interface DeliveryFailure {
  readonly error: unknown
  /** Absent when it was the database that failed, and no handler. */
  readonly event?: OutboxEvent | undefined
  readonly givenUp: boolean
}

export type ResolvedDispatcherOptions = {
  readonly [Name in Exclude<keyof DispatcherOptions, 'onFailure'>]-?: number
} & Pick<DispatcherOptions, 'onFailure'>

/** A listener that throws ends no dispatcher. */
export function reportFailure({ onFailure }: ResolvedDispatcherOptions, failure: DeliveryFailure): void {
  try {
    onFailure?.(failure)
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error), { code: 'PARTYWALL_LISTENER_FAILED' })
  }
}

const dayMs = 24 * 60 * 60_000

export const dispatcherOptionsSchema: z.ZodType<ResolvedDispatcherOptions, DispatcherOptions> = z.strictObject({
  concurrency: z.number().int().min(1).max(100).default(8),
  eventsPerTurn: z.number().int().min(1).max(10_000).default(100),
  pollIntervalMs: z.number().int().min(10).max(3_600_000).default(500),
  leaseMs: z.number().int().min(1000).max(3_600_000).default(30_000),
  handlerTimeoutMs: z.number().int().min(10).max(dayMs).default(300_000),
  maxAttempts: z.number().int().min(1).max(1000).default(12),
  retentionMs: z
    .number()
    .int()
    .min(0)
    .default(7 * dayMs),
  onFailure: z.custom<(failure: DeliveryFailure) => void>((value) => typeof value === 'function').optional(),
}) as z.ZodType<ResolvedDispatcherOptions, DispatcherOptions>
