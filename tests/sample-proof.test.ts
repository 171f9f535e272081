import { describe, expect, it } from 'vitest'
import { findProblems, type SampleProof } from './samples/sample-proof.ts'

const proof: SampleProof = {
  sample: 'northwind',
  major: '13',
  ok: true,
  crossings: [],
  tables: 20,
  proved: 19,
  staticOnly: ['orders: a trigger'],
  sabotages: 500,
  killed: 500,
  survivors: [],
  idle: 3,
  notRun: [],
  spared: [],
  seconds: 1,
}

describe('findProblems', () => {
  it('finds none in a whole proof, in which at most a twentieth of the tables is checked by definition', () => {
    expect(findProblems(proof)).toEqual([])
  })

  it.each<[string, Partial<SampleProof>]>([
    ['verify is not ok', { ok: false }],
    ['crossing: read-all orders: 3 rows', { crossings: ['read-all orders: 3 rows'] }],
    ['no table was verified', { tables: 0, proved: 0, staticOnly: [] }],
    ['by definition only: orders: a trigger', { tables: 19 }],
    ['nothing was sabotaged', { sabotages: 0, killed: 0 }],
    ['survived: force-off orders', { killed: 499, survivors: ['force-off orders'] }],
    ['499 of 500 sabotages were noticed', { killed: 499 }],
    ['not tried: force-off orders: 42501', { notRun: ['force-off orders: 42501'] }],
    ['sabotaged in fewer than twenty ways: orders', { spared: ['orders'] }],
  ])('says %s', (words, difference) => {
    expect(findProblems({ ...proof, ...difference })).toEqual([`northwind on 13: ${words}`])
  })
})
