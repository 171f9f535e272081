import { describe, expect, it } from 'vitest'
import { findDemotions } from './find-demotions.ts'
import { conjuncts } from './plan-conditions.ts'

describe('conjuncts', () => {
  it.each([
    ['(id = 3)', ['(id = 3)']],
    ['((org_id = (InitPlan 1).col1) AND (id = 3))', ['(org_id = (InitPlan 1).col1)', '(id = 3)']],
    [`((name = 'a AND (b'::text) AND (x > 1))`, [`(name = 'a AND (b'::text)`, '(x > 1)']],
    ['((a = 1) OR ((b = 2) AND (c = 3)))', ['((a = 1) OR ((b = 2) AND (c = 3)))']],
    ['active', ['active']],
  ])('takes %s apart', (condition, expected) => {
    expect(conjuncts(condition)).toEqual(expected)
  })
})

describe('findDemotions', () => {
  const before = { 'Relation Name': 't', Alias: 't', 'Index Name': 't_x', 'Index Cond': '(lower(x) = $1)' }

  it('finds a condition that an index answered and a filter answers now', () => {
    const after = {
      'Relation Name': 't',
      Alias: 't',
      'Index Cond': '(org_id = (InitPlan 1).col1)',
      Filter: '(lower(x) = $1)',
    }
    expect(findDemotions(before, { Plans: [{}, after] })).toEqual([
      { table: 't', index: 't_x', condition: '(lower(x) = $1)' },
    ])
  })

  it('sees indexes below a bitmap scan', () => {
    const heap = {
      'Relation Name': 't',
      Alias: 't',
      Plans: [{ Plans: [{ 'Index Name': 't_x', 'Index Cond': '(lower(x) = $1)' }] }],
    }
    expect(findDemotions(heap, { 'Relation Name': 't', Alias: 't', Filter: '(lower(x) = $1)' })).toHaveLength(1)
    expect(findDemotions(before, heap)).toEqual([])
  })
})
