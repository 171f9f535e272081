/** Upper ends of the buckets, in milliseconds; the last bucket has none. */
export const bucketEndsMs: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 150, 200, 250]

/** Latencies in a form that crosses a process boundary and can be added up. */
export interface LatencySummary {
  readonly count: number
  readonly longestMs: number
  /** One more than {@link bucketEndsMs} has. */
  readonly buckets: readonly number[]
}

/** Counts latencies by bucket, and keeps the longest. */
export class LatencyHistogram {
  readonly #buckets = [...bucketEndsMs, Number.POSITIVE_INFINITY].map(() => 0)
  #longestMs = 0

  record(latencyMs: number): void {
    const at = bucketEndsMs.findIndex((end) => latencyMs <= end)
    const bucket = at < 0 ? bucketEndsMs.length : at
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.#longestMs = Math.max(this.#longestMs, latencyMs)
  }

  summary(): LatencySummary {
    const count = this.#buckets.reduce((sum, one) => sum + one, 0)
    return { count, longestMs: this.#longestMs, buckets: [...this.#buckets] }
  }
}
