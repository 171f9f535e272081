import { describe, expect, it } from 'vitest'
import { median, pairedRatio, quantile } from './paired-ratio.ts'
import { shuffle } from './shuffle.ts'

describe('pairedRatio', () => {
  it('compares round by round, so that a slow spell of the machine falls out', () => {
    const base = [100, 1000, 100, 1000, 300]
    const subject = [120, 1100, 110, 1100, 330]
    expect(pairedRatio(subject, base).median).toBeCloseTo(1.1)
  })

  it('is not the quotient of two medians', () => {
    expect(pairedRatio([10, 20, 90], [10, 40, 30]).median).toBe(1)
    expect(median([10, 20, 90]) / median([10, 40, 30])).toBeCloseTo(2 / 3)
  })

  it('says how far the rounds spread', () => {
    expect(pairedRatio([1, 2, 3, 4, 5], [1, 1, 1, 1, 1])).toEqual({ median: 3, low: 2, high: 4, rounds: 5 })
  })

  it('refuses rounds that do not belong together', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow('2 rounds cannot be paired with 1')
    expect(() => pairedRatio([], [])).toThrow('0 rounds')
  })
})

describe('quantile', () => {
  it('sorts by value and interpolates', () => {
    expect(median([10, 9, 100])).toBe(10)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9)
  })

  it('has no answer for nothing', () => {
    expect(() => median([])).toThrow('nothing')
  })
})

describe('shuffle', () => {
  it('keeps every element and leaves its argument alone', () => {
    const elements = [1, 2, 3, 4, 5, 6]
    expect(shuffle(elements, () => 0)).toEqual([2, 3, 4, 5, 6, 1])
    expect(shuffle(elements).toSorted((a, b) => a - b)).toEqual(elements)
    expect(elements).toEqual([1, 2, 3, 4, 5, 6])
  })
})
