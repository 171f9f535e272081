import { describe, expect, it, vi } from 'vitest'
import { claimFromApiKey } from './claim-from-api-key.ts'
import { claimFromUser } from './claim-from-user.ts'
import type { ClaimRequest } from './claim-request.ts'
import { outcome, requestOf } from './claim-request.fixture.ts'
import { firstClaim } from './first-claim.ts'
import { organizationFromHeader } from './organization-from-header.ts'
import { organizationFromSubdomain } from './organization-from-subdomain.ts'
import { userFromBearer } from './user-from-bearer.ts'

const organization = [organizationFromSubdomain({ domain: 'flaky.test' }), organizationFromHeader()]
const user = userFromBearer((token) => (token === 'of-ada' ? 'ada' : undefined))
const read = claimFromUser<ClaimRequest>({ user, organization })
const ada = ['Authorization', 'Bearer of-ada'] as const
const neutral = ['Host', 'flaky.test'] as const

describe('claimFromUser', () => {
  it.each([
    ['the header', [ada, neutral, ['X-Organization', 'acme']], { userId: 'ada', organization: 'acme' }],
    ['the subdomain', [ada, ['Host', 'acme.flaky.test']], { userId: 'ada', organization: 'acme' }],
    [
      'both, when they agree',
      [ada, ['Host', 'acme.flaky.test'], ['x-organization', 'acme']],
      { userId: 'ada', organization: 'acme' },
    ],
    ['nowhere', [ada, neutral], { userId: 'ada', organization: undefined }],
    [
      'an empty header, which is not nowhere',
      [ada, neutral, ['X-Organization', '']],
      { userId: 'ada', organization: '' },
    ],
    ['two places that differ', [ada, ['Host', 'acme.flaky.test'], ['X-Organization', 'globex']], 'CLAIM_AMBIGUOUS'],
    ['a header and an empty one', [ada, ['Host', 'acme.flaky.test'], ['X-Organization', '']], 'CLAIM_AMBIGUOUS'],
    ['two headers', [ada, neutral, ['X-Organization', 'acme'], ['x-organization', 'globex']], 'CLAIM_AMBIGUOUS'],
    ['two equal headers', [ada, neutral, ['X-Organization', 'acme'], ['X-ORGANIZATION', 'acme']], 'CLAIM_AMBIGUOUS'],
    ['two tokens', [ada, ada, neutral], 'CLAIM_AMBIGUOUS'],
    ['a wrong token', [['Authorization', 'Bearer of-eve'], neutral], undefined],
    ['another scheme', [['Authorization', 'Basic of-ada'], neutral], undefined],
    ['a token with a space', [['Authorization', 'Bearer of-ada of-eve'], neutral], undefined],
  ] as const)('takes the organization from %s', async (...[, headers, expected]) => {
    expect(await outcome(() => read(requestOf(headers)))).toEqual(expected)
  })

  it('reads the request that a framework holds', async () => {
    const raw = requestOf([ada, neutral, ['X-Organization', 'acme']])
    expect(await read({ raw })).toEqual({ userId: 'ada', organization: 'acme' })
    const twice = requestOf([ada, neutral, ['X-Organization', 'acme'], ['X-Organization', 'acme']])
    expect(await outcome(() => read({ raw: twice }))).toBe('CLAIM_AMBIGUOUS')
  })

  it('takes no header that the host has removed', async () => {
    const { headers, ...request } = requestOf([ada, neutral, ['X-Organization', 'acme']])
    const { 'x-organization': _, ...kept } = headers
    expect(await read({ ...request, headers: kept })).toEqual({ userId: 'ada', organization: undefined })
  })

  it('lets through what the verification throws: a key server that is away makes nobody a stranger', async () => {
    const away = new Error('away')
    const broken = claimFromUser<ClaimRequest>({ user: userFromBearer(() => Promise.reject(away)), organization })
    expect(await outcome(() => broken(requestOf([ada])))).toBe(away)
  })

  it('refuses to be made without a way to know who it is', () => {
    const incomplete = { organization } as unknown as Parameters<typeof claimFromUser>[0]
    expect(() => claimFromUser(incomplete)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
  })
})

describe('claimFromApiKey', () => {
  const readKey = claimFromApiKey({ organization: organizationFromHeader() })

  it.each([
    ['a key', [['Authorization', 'Bearer pwk_a']], { apiKey: 'Bearer pwk_a', organization: undefined }],
    [
      'a key and the organization',
      [
        ['Authorization', 'bearer  pwk_a'],
        ['X-Organization', 'acme'],
      ],
      { apiKey: 'Bearer pwk_a', organization: 'acme' },
    ],
    ['another token', [ada], undefined],
    ['nothing', [], undefined],
    [
      'two keys',
      [
        ['Authorization', 'Bearer pwk_a'],
        ['Authorization', 'Bearer pwk_b'],
      ],
      'CLAIM_AMBIGUOUS',
    ],
  ] as const)('reads %s', async (...[, headers, expected]) => {
    expect(await outcome(() => readKey(requestOf(headers)))).toEqual(expected)
  })
})

describe('firstClaim', () => {
  it('asks one after another, and no more after a claim or a refusal', async () => {
    const never = vi.fn<() => undefined>()
    const both = firstClaim<ClaimRequest>(claimFromApiKey(), read, never)
    expect(await both(requestOf([['Authorization', 'Bearer pwk_a']]))).toMatchObject({ apiKey: 'Bearer pwk_a' })
    expect(await both(requestOf([ada, neutral]))).toMatchObject({ userId: 'ada' })
    expect(await outcome(() => both(requestOf([ada, ada])))).toBe('CLAIM_AMBIGUOUS')
    expect(never).not.toHaveBeenCalled()
    expect(await both(requestOf([]))).toBeUndefined()
    expect(never).toHaveBeenCalledOnce()
  })
})
