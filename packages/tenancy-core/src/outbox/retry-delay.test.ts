import { describe, expect, it } from 'vitest'
import { retryDelayMs } from './retry-delay.ts'

describe('retryDelayMs', () => {
  it('doubles up to a quarter of an hour, half of it at random', () => {
    const longest = [1, 2, 3, 12, 500].map((attempt) => retryDelayMs(attempt, () => 1))
    expect(longest).toEqual([500, 1000, 2000, 900_000, 900_000])
    expect(retryDelayMs(3, () => 0)).toBe(1000)
  })
})
