import { describe, expect, it } from 'vitest'
import { tablesInLoadOrder } from './dataset.ts'
import { generateDataset } from './generate-dataset.ts'

describe('generateDataset', () => {
  it('gives the same rows for the same seed', () => {
    expect(generateDataset({ scale: 0.02, seed: 7 })).toEqual(generateDataset({ scale: 0.02, seed: 7 }))
  })

  it('gives other rows for another seed', () => {
    const [one] = generateDataset({ scale: 0.02, seed: 7 }).TestResult
    const [other] = generateDataset({ scale: 0.02, seed: 8 }).TestResult
    expect(one?.id).not.toBe(other?.id)
  })

  it.each([
    [0.0001, 5],
    [0.05, 2_500],
    [1, 50_000],
  ])('gives exactly as many test results as scale %s asks for', (scale, count) => {
    expect(generateDataset({ scale }).TestResult).toHaveLength(count)
  })

  it('has rows for every table at a tenth of the default scale', () => {
    const dataset = generateDataset({ scale: 0.1 })
    expect(tablesInLoadOrder.filter((table) => dataset[table].length === 0)).toEqual([])
  })

  it('lets the people act who exist already', () => {
    const dataset = generateDataset({ scale: 0.1, userIds: ['ada', 'bruno'] })
    expect(dataset.User).toEqual([])
    expect(dataset.TestResult).toEqual(generateDataset({ scale: 0.1 }).TestResult)
    expect(new Set(dataset.Task.map(({ creatorId }) => creatorId))).toEqual(new Set(['ada', 'bruno']))
  })

  it.each([0, -1, Number.NaN])('refuses scale %s', (scale) => {
    expect(() => generateDataset({ scale })).toThrow(RangeError)
  })
})
