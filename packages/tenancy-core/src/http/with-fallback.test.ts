import { describe, expect, it } from 'vitest'
import type { Membership } from '../directory.ts'
import { outcome } from './claims/claim-request.fixture.ts'
import { findCaller } from './find-caller.ts'
import { withFallback } from './with-fallback.ts'
import type { FallbackDirectory, FallbackRule } from './with-fallback.ts'

const membershipIn = (slug: string, status: Partial<Membership> = {}): Membership => ({
  organizationId: `id of ${slug}`,
  slug,
  organizationStatus: 'active',
  role: 'member',
  membershipStatus: 'active',
  ...status,
})

const people: Readonly<Record<string, readonly Membership[]>> = {
  ada: [membershipIn('acme')],
  bob: [membershipIn('acme'), membershipIn('globex')],
  cy: [membershipIn('acme'), membershipIn('globex', { organizationStatus: 'suspended' })],
  dan: [membershipIn('acme', { organizationStatus: 'suspended' })],
  eve: [],
  fay: [membershipIn('acme'), membershipIn('globex', { membershipStatus: 'pending' })],
  gus: [membershipIn('acme', { membershipStatus: 'pending' })],
  hal: [membershipIn('acme'), membershipIn('globex', { membershipStatus: 'suspended' })],
  ida: [membershipIn('globex')],
}

/** A double: the real one is asked in the integration tests. */
const directory: FallbackDirectory = {
  findMembership: async ({ organization, userId }) =>
    people[userId]?.find(({ organizationId }) => organizationId === organization),
  listMine: async (userId) => people[userId] ?? [],
  findDefaultOrganization: async () => 'id of acme',
}

const meant = (rule: FallbackRule, userId: string): Promise<unknown> =>
  outcome(async () => (await findCaller(withFallback(directory, rule), { userId })).membership.slug)

const required = 'ORGANIZATION_REQUIRED'

describe('a fallback', () => {
  it.each([
    ['ada', 'acme'],
    ['bob', required],
    ['cy', required],
    ['dan', 'ORGANIZATION_SUSPENDED'],
    ['eve', required],
    ['fay', 'acme'],
    ['gus', required],
    ['hal', required],
    ['ida', 'globex'],
    ['nobody', required],
  ])('to the sole membership gives %s: %s', async (userId, expected) => {
    expect(await meant('sole-membership', userId)).toBe(expected)
  })

  it.each([
    ['ada', 'acme'],
    ['bob', 'acme'],
    ['dan', 'ORGANIZATION_SUSPENDED'],
    ['eve', required],
    ['gus', 'MEMBERSHIP_SUSPENDED'],
    ['ida', required],
  ])('to the default organization gives %s: %s', async (userId, expected) => {
    expect(await meant('default-organization', userId)).toBe(expected)
  })

  it('that is none refuses, and counts', async () => {
    expect(await meant('none', 'ada')).toBe(required)
  })

  it('counts who still needs it, and not who names an organization', async () => {
    const falling = withFallback(directory, 'sole-membership')
    const idle = { rule: 'sole-membership', found: 0, missed: 0, lastAt: undefined }
    await outcome(() => findCaller(falling, { userId: 'ada', organization: 'id of acme' }))
    await outcome(() => findCaller(falling, { userId: 'ada', organization: 'id of globex' }))
    expect(falling.fallbackCounts()).toEqual(idle)
    for (const userId of ['ada', 'ada', 'bob']) await outcome(() => findCaller(falling, { userId }))
    expect(falling.fallbackCounts()).toEqual({ ...idle, found: 2, missed: 1, lastAt: expect.any(Date) as Date })
  })

  it('is not made by another name', () => {
    const refused = expect.objectContaining({ code: 'CONFIGURATION_INVALID' })
    expect(() => withFallback(directory, 'first' as FallbackRule)).toThrow(refused)
  })
})
