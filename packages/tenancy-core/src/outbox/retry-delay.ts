const firstMs = 500
const longestMs = 15 * 60_000

/**
 * How long an event waits after a delivery that failed, in milliseconds: doubled each time, half of it at random, so that
 * what failed together does not come back together.
 *
 * @param attempt - 1 after the first delivery.
 */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(longestMs, firstMs * 2 ** (attempt - 1))
  return Math.round(full / 2 + (full / 2) * random())
}
