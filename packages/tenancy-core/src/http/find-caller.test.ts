import { describe, expect, it } from 'vitest'
import type { Directory, Membership } from '../directory.ts'
import { outcome } from './claims/claim-request.fixture.ts'
import { findCaller } from './find-caller.ts'
import type { RequestClaim } from './request-claim.ts'

const membership: Membership = {
  organizationId: '7f',
  slug: 'acme',
  organizationStatus: 'active',
  role: 'member',
  membershipStatus: 'active',
}

const asked: unknown[] = []
const directory: Directory = {
  findMembership: async (request) => {
    asked.push(request)
    return request.organization === 'acme' ? membership : undefined
  },
  authenticateApiKey: async () => ({ organizationId: '7f', actor: { type: 'api-key', id: 'k' }, membership }),
  findInstallation: async (id) =>
    ({ '42': membership, '43': { ...membership, organizationStatus: 'suspended' as const } })[id],
}

const find = (claim: RequestClaim | undefined, of: Directory = directory): Promise<unknown> =>
  outcome(() => findCaller(of, claim))

describe('findCaller', () => {
  it('makes a caller of each kind of claim', async () => {
    const scope = { organizationId: '7f', membership }
    expect(await find({ userId: 'ada', organization: 'acme' })).toEqual({
      ...scope,
      actor: { type: 'user', id: 'ada' },
    })
    expect(await find({ apiKey: 'Bearer k' })).toEqual({ ...scope, actor: { type: 'api-key', id: 'k' } })
    expect(await find({ installationId: '42' })).toMatchObject({
      organizationId: '7f',
      actor: { type: 'system', id: 'installation:42' },
      membership: { role: 'webhook', permissions: [] },
    })
  })

  it.each([
    ['nothing at all', undefined, 'UNAUTHENTICATED'],
    ['a user who is no text', { userId: 7 as unknown as string, organization: 'acme' }, 'UNAUTHENTICATED'],
    ['no organization', { userId: 'ada' }, 'ORGANIZATION_REQUIRED'],
    ['an empty organization', { userId: 'ada', organization: '' }, 'ORGANIZATION_REQUIRED'],
    ['a list', { userId: 'ada', organization: ['acme'] }, 'CLAIM_AMBIGUOUS'],
    ['an object', { userId: 'ada', organization: {} as unknown as string }, 'CLAIM_AMBIGUOUS'],
    ['a user and a key', { userId: 'ada', apiKey: 'Bearer k', organization: 'acme' }, 'CLAIM_AMBIGUOUS'],
    ['a key and an installation', { apiKey: 'Bearer k', installationId: '42' }, 'CLAIM_AMBIGUOUS'],
    ['a key of another organization', { apiKey: 'Bearer k', organization: 'globex' }, 'ORGANIZATION_NOT_FOUND'],
    ['a key and an empty organization', { apiKey: 'Bearer k', organization: '' }, 'ORGANIZATION_NOT_FOUND'],
    ['an unknown installation', { installationId: '41' }, 'ORGANIZATION_NOT_FOUND'],
    ['the installation of a suspended organization', { installationId: '43' }, 'ORGANIZATION_SUSPENDED'],
  ])('refuses %s', async (_, claim, code) => {
    expect(await find(claim)).toBe(code)
  })

  it.each([
    ['an organization with a NUL', { userId: 'ada', organization: 'a\0' }],
    ['a long organization', { userId: 'ada', organization: 'a'.repeat(201) }],
    ['a user with a NUL', { userId: 'a\0', organization: 'acme' }],
    ['a long user', { userId: 'a'.repeat(201), organization: 'acme' }],
  ])('asks the directory nothing about %s', async (_, claim) => {
    asked.length = 0
    expect(await find(claim)).toBe('ORGANIZATION_NOT_FOUND')
    expect(asked).toEqual([])
  })

  it('takes a key with its own organization, by the slug or the id', async () => {
    for (const organization of ['acme', '7f', undefined, null])
      expect(await find({ apiKey: 'Bearer k', organization })).toMatchObject({ organizationId: '7f' })
  })

  it('says that a directory does not know a kind of claim', async () => {
    for (const claim of [{ apiKey: 'Bearer k' }, { installationId: '42' }])
      expect(await find(claim, { findMembership: async () => membership })).toBe('CONFIGURATION_INVALID')
  })

  it('asks for a fallback only when nothing was named', async () => {
    const falling = { ...directory, findFallback: async () => membership }
    expect(await find({ userId: 'ada' }, falling)).toMatchObject({ organizationId: '7f' })
    for (const organization of ['', 'globex']) {
      const code = organization === '' ? 'ORGANIZATION_REQUIRED' : 'ORGANIZATION_NOT_FOUND'
      expect(await find({ userId: 'ada', organization }, falling)).toBe(code)
    }
  })
})
