import { describe, expect, it } from 'vitest'
import type { Directory, Membership } from '../directory.ts'
import { TenancyError } from '../tenancy-error.ts'
import { authorize } from './authorize.ts'
import { problemOf } from './problem.ts'

const active: Membership = {
  organizationId: '7f',
  slug: 'acme',
  organizationStatus: 'active',
  role: 'member',
  membershipStatus: 'active',
}

function directoryOf(membership: Membership | undefined): Directory {
  return {
    findMembership: async ({ organization, userId }) =>
      organization === 'acme' && userId === 'ada' ? membership : undefined,
  }
}

const claim = { userId: 'ada', organization: 'acme' }

async function statusOf(membership: Membership | undefined, asked: object): Promise<unknown> {
  const error = await authorize(directoryOf(membership), asked).catch((failure: unknown) => failure)
  const { status, body } = problemOf(error)
  return [status, body.code]
}

describe('authorize', () => {
  it('turns the claim of a member into a scope', async () => {
    const scope = await authorize(directoryOf(active), claim)
    expect(scope).toEqual({ organizationId: '7f', actor: { type: 'user', id: 'ada' } })
  })

  it.each([
    ['no user', active, { organization: 'acme' }, [401, 'UNAUTHENTICATED']],
    ['an empty user', active, { userId: '', organization: 'acme' }, [401, 'UNAUTHENTICATED']],
    ['no organization', active, { userId: 'ada' }, [400, 'ORGANIZATION_REQUIRED']],
    ['a name that no text can hold', active, { userId: 'ada', organization: 'a\0' }, [404, 'ORGANIZATION_NOT_FOUND']],
    [
      'a suspended organization',
      { ...active, organizationStatus: 'suspended' },
      claim,
      [403, 'ORGANIZATION_SUSPENDED'],
    ],
    ['a deleted organization', { ...active, organizationStatus: 'deleted' }, claim, [403, 'ORGANIZATION_SUSPENDED']],
    ['a suspended member', { ...active, membershipStatus: 'suspended' }, claim, [403, 'MEMBERSHIP_SUSPENDED']],
    ['a pending member', { ...active, membershipStatus: 'pending' }, claim, [403, 'MEMBERSHIP_SUSPENDED']],
  ] as const)('refuses %s', async (...[, membership, asked, expected]) => {
    expect(await statusOf(membership, asked)).toEqual(expected)
  })

  it('answers for an unknown organization exactly as for a foreign one', async () => {
    const unknown = await authorize(directoryOf(active), { ...claim, organization: 'nope' }).catch(problemOf)
    const foreign = await authorize(directoryOf(active), { ...claim, userId: 'eve' }).catch(problemOf)
    expect(unknown).toEqual(foreign)
  })
})

describe('problemOf', () => {
  it('describes an error that the requester can do something about', () => {
    expect(problemOf(new TenancyError('ORGANIZATION_NOT_FOUND', 'Not there.'))).toEqual({
      status: 404,
      contentType: 'application/problem+json',
      body: {
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        code: 'ORGANIZATION_NOT_FOUND',
        detail: 'Not there.',
      },
    })
  })

  it.each([
    new TenancyError('LOGIN_PRIVILEGED', 'The login "secret" is superuser'),
    new TenancyError('toString', 'secret'),
    new Error('password=secret'),
    'secret',
    undefined,
  ])('tells nothing of the inside: %s', (error) => {
    const problem = problemOf(error)
    expect(problem.status).toBe(500)
    expect(JSON.stringify(problem)).not.toContain('secret')
  })
})
