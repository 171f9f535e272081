import { describe, expect, it } from 'vitest'
import { overrideIssues, plansSchema } from './plans.ts'

const catalog = {
  free: { seats: 3, repositories: 5, sso: false },
  pro: { seats: 'unlimited', repositories: 100, sso: true },
} as const

describe('plans', () => {
  it('are free, pro and enterprise where the service says nothing', () => {
    expect(plansSchema.parse(undefined)).toMatchObject({ fallback: 'free', catalog: { pro: {}, enterprise: {} } })
    expect(plansSchema.parse({ fallback: 'free', catalog }).entitledStatuses).toEqual([
      'trialing',
      'active',
      'past_due',
    ])
  })

  it.each([
    ['a fallback that is none', { fallback: 'gold', catalog }],
    ['a plan that leaves something out', { fallback: 'free', catalog: { ...catalog, pro: { seats: 1, sso: true } } }],
    [
      'a limit that is a flag elsewhere',
      { fallback: 'free', catalog: { ...catalog, team: { ...catalog.free, sso: 1 } } },
    ],
    ['a part of a seat', { fallback: 'free', catalog: { free: { seats: 1.5 } } }],
    ['seats as a flag', { fallback: 'free', catalog: { free: { seats: true } } }],
    ['a limit below zero', { fallback: 'free', catalog: { free: { repositories: -1 } } }],
    ['a limit that is no number', { fallback: 'free', catalog: { free: { repositories: Number.NaN } } }],
    ['a name with blanks', { fallback: 'free', catalog: { ...catalog, 'my plan': catalog.free } }],
    ['a state that there is not', { fallback: 'free', catalog, entitledStatuses: ['nearly'] }],
    ['another member', { fallback: 'free', catalog, price: 1 }],
  ])('refuse %s', (_, plans) => {
    expect(plansSchema.safeParse(plans).success).toBe(false)
  })

  it('are overridden by what they have, in kind', () => {
    const plans = plansSchema.parse({ fallback: 'free', catalog })
    expect(overrideIssues(plans, { repositories: 'unlimited', sso: true })).toEqual([])
    expect(overrideIssues(plans, { repositories: true, toString: 1, seats: 9 })).toHaveLength(3)
  })
})
