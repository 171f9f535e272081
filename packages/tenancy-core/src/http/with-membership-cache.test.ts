import { describe, expect, it } from 'vitest'
import type { Directory, Membership } from '../directory.ts'
import { withMembershipCache } from './with-membership-cache.ts'

const membership: Membership = {
  organizationId: '7f',
  slug: 'acme',
  organizationStatus: 'active',
  role: 'member',
  membershipStatus: 'active',
}
const ada = { organization: 'acme', userId: 'ada' }

/** A double that counts what it is asked. */
function counted(answer: (asked: number) => Promise<Membership | undefined> = async () => membership): {
  directory: Directory
  asked: string[]
} {
  const asked: string[] = []
  const findMembership: Directory['findMembership'] = ({ organization, userId }) => {
    asked.push(`${userId} in ${organization}`)
    return answer(asked.length)
  }
  return { directory: { findMembership }, asked }
}

describe('withMembershipCache', () => {
  it('keeps an answer for as long as it says, from before it was asked for', async () => {
    let at = 0
    const { directory, asked } = counted(async () => {
      at += 30
      return membership
    })
    const cached = withMembershipCache(directory, { stalenessMs: 100 }, () => at)
    await cached.findMembership(ada)
    at = 99
    expect(await cached.findMembership(ada)).toBe(membership)
    expect(asked).toHaveLength(1)
    at = 100
    await cached.findMembership(ada)
    expect(asked).toHaveLength(2)
  })

  it('takes nobody for somebody else, however names are cut', async () => {
    const { directory, asked } = counted()
    const cached = withMembershipCache(directory, { stalenessMs: 100 }, () => 0)
    for (const [organization, userId] of [
      ['ab', 'c'],
      ['a', 'bc'],
      ['1 a', 'b'],
      ['', '1 ab'],
      ['ab', 'c'],
    ] as const)
      await cached.findMembership({ organization, userId })
    expect(asked).toEqual(['c in ab', 'bc in a', 'b in 1 a', '1 ab in '])
  })

  it('does not remember who is no member: whoever is added comes in at once', async () => {
    const { directory } = counted(async (count) => (count === 1 ? undefined : membership))
    const cached = withMembershipCache(directory, { stalenessMs: 100 }, () => 0)
    expect(await cached.findMembership(ada)).toBeUndefined()
    expect(await cached.findMembership(ada)).toBe(membership)
  })

  it('keeps no more than its capacity, and those that are used', async () => {
    const { directory, asked } = counted()
    const cached = withMembershipCache(directory, { stalenessMs: 100, capacity: 2 }, () => 0)
    for (const userId of ['a', 'b', 'a', 'c', 'a', 'b']) await cached.findMembership({ organization: 'acme', userId })
    expect(asked).toEqual(['a in acme', 'b in acme', 'c in acme', 'b in acme'])
  })

  it('does not put an answer in the place of one that was asked for later', async () => {
    let at = 0
    const answers: ((found: Membership) => void)[] = []
    const { directory } = counted(() => new Promise((resolve) => void answers.push(resolve)))
    const cached = withMembershipCache(directory, { stalenessMs: 100 }, () => at)
    const early = cached.findMembership(ada)
    at = 50
    const late = cached.findMembership(ada)
    const demoted = { ...membership, role: 'viewer' }
    answers[1]?.(demoted)
    await late
    answers[0]?.(membership)
    await early
    expect(await cached.findMembership(ada)).toBe(demoted)
  })

  it('fails as the directory does, and keeps nothing of it', async () => {
    const { directory } = counted((count) =>
      count === 1 ? Promise.reject(new Error('gone')) : Promise.resolve(membership),
    )
    const cached = withMembershipCache(directory, { stalenessMs: 100 }, () => 0)
    await expect(cached.findMembership(ada)).rejects.toThrow('gone')
    expect(await cached.findMembership(ada)).toBe(membership)
  })

  it.each([0, -1, 1.5, 60_001, Number.NaN, Number.POSITIVE_INFINITY])('is not made for %s ms', (stalenessMs) => {
    const refused = expect.objectContaining({ code: 'CONFIGURATION_INVALID' })
    expect(() => withMembershipCache(counted().directory, { stalenessMs })).toThrow(refused)
  })
})
