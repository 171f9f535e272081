import { TenancyError } from '../../tenancy-error.ts'

/** A delivery of a webhook: its id, and the signature of what was delivered. */
export interface Delivery {
  /** As the sender numbers it. Not part of what is signed: whoever repeats a delivery can write another. */
  readonly id: string
  readonly signature: string
}

/** Remembers deliveries, so that none is taken twice. */
export interface DeliveryLog {
  /** Remembers a delivery; `false` when one with its id or its signature is remembered already. */
  remember(delivery: Delivery): boolean | Promise<boolean>
  /** Forgets a delivery, by its id: for one whose handler failed, and that the sender is to send again. */
  forget(id: string): void | Promise<void>
}

/** Options of {@link createDeliveryLog}. */
export interface DeliveryLogOptions {
  /** How long a delivery is remembered, in milliseconds. @defaultValue 600,000 */
  readonly windowMs?: number | undefined
  /** How many are remembered at most; the oldest are forgotten first. @defaultValue 10,000, about 3 MB */
  readonly capacity?: number | undefined
}

/**
 * A log in the memory of the process. Deliveries are remembered after their signature was checked, so only the sender can
 * fill it. Another node does not know of it: with several, implement `DeliveryLog` over a table with unique columns.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` for a window or a capacity that is not a positive whole number.
 *
 * @example
 * ```ts
 * const deliveries = createDeliveryLog({ windowMs: 300_000 })
 * const first = deliveries.remember({ id: '72d3162e', signature: 'sha256=75' }) // true
 * const again = deliveries.remember({ id: 'another', signature: 'sha256=75' }) // false
 * ```
 */
export function createDeliveryLog(
  options: DeliveryLogOptions = {},
  now: () => number = () => performance.now(),
): DeliveryLog {
  const { windowMs = 600_000, capacity = 10_000 } = options
  if (![windowMs, capacity].every((number) => Number.isSafeInteger(number) && number > 0)) {
    throw new TenancyError(
      'CONFIGURATION_INVALID',
      'windowMs and capacity of a delivery log are whole numbers above 0.',
    )
  }
  // Both in the order of their coming, so that what is old stands first.
  const byId = new Map<string, { readonly signature: string; readonly until: number }>()
  const signatures = new Set<string>()
  const forget = (id: string): void => {
    const known = byId.get(id)
    if (known === undefined) return
    byId.delete(id)
    signatures.delete(known.signature)
  }
  return {
    forget,
    remember: ({ id, signature }) => {
      const at = now()
      for (const [old, { until }] of byId) {
        if (until > at && byId.size < capacity) break
        forget(old)
      }
      if (byId.has(id) || signatures.has(signature)) return false
      byId.set(id, { signature, until: at + windowMs })
      signatures.add(signature)
      return true
    },
  }
}
