import { describe, expect, it } from 'vitest'
import { bucketEndsMs, LatencyHistogram } from './latency-histogram.ts'

describe('LatencyHistogram', () => {
  it('counts a latency in the first bucket that holds it, and keeps the longest', () => {
    const histogram = new LatencyHistogram()
    for (const latencyMs of [0.4, 1, 1.1, 250, 251, 9000]) histogram.record(latencyMs)
    const { count, longestMs, buckets } = histogram.summary()
    expect({ count, longestMs }).toEqual({ count: 6, longestMs: 9000 })
    expect([buckets[0], buckets[1], buckets[bucketEndsMs.length - 1], buckets[bucketEndsMs.length]]).toEqual([
      2, 1, 1, 2,
    ])
  })
})
