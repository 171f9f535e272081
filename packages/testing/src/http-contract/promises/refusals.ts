import { describe, expect, it } from 'vitest'
import { as, call } from '../http-client.ts'
import type { HttpAnswer } from '../http-client.ts'
import type { HttpTarget } from '../describe-http-host.ts'

/** What may differ between two refusals that must not be told apart: nothing but the name of the request. */
function told({ status, type, body }: HttpAnswer): unknown {
  const { requestId: _, ...rest } = body as { requestId?: string }
  return { status, type, body: rest }
}

type Get = (path: string, headers?: Record<string, string>) => Promise<HttpAnswer>

/** Whoever may not do it is refused before the handler, and learns nothing. */
export function describeRefusals(target: HttpTarget): void {
  const { host } = target
  const get: Get = (path, headers = {}) => call(host().origin + path, { headers })

  describeCallers(target, get)

  describe('a viewer', () => {
    it('reads, and writes nothing', async () => {
      const viewer = { ...as('viewer-of-acme', 'acme'), 'content-type': 'application/json' }
      const write = (path: string): Promise<HttpAnswer> =>
        call(host().origin + path, { method: 'POST', headers: viewer, body: '{"text":"x"}' })
      expect(await get('/v1/things', viewer)).toMatchObject({ status: 200 })
      for (const path of ['/projects', '/v1/things/1']) {
        expect(await write(path)).toMatchObject({
          status: 403,
          type: 'application/problem+json',
          body: { code: 'PERMISSION_DENIED' },
        })
      }
    })
  })

  describe('a route of a person', () => {
    it('needs a user and no organization', async () => {
      expect(await get('/v1/me', { authorization: 'Bearer token-of-eve' })).toMatchObject({
        status: 200,
        body: { userId: 'eve' },
      })
      expect(await get('/v1/me')).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
    })
  })
}

function describeCallers({ site }: HttpTarget, get: Get): void {
  describe.each(['/projects', '/v1/things'])('a caller of %s', (path) => {
    it('learns nothing about organizations of others: unknown and foreign are one answer', async () => {
      const foreign = told(await get(path, as('ada', 'globex')))
      expect(foreign).toMatchObject({
        status: 404,
        type: 'application/problem+json',
        body: { status: 404, code: 'ORGANIZATION_NOT_FOUND' },
      })
      for (const name of [
        'nowhere',
        '',
        '%00',
        "' or true --",
        'x'.repeat(5000),
        '00000000-0000-0000-0000-000000000000',
      ])
        expect(told(await get(path, as('ada', name)))).toEqual(name === '' ? expect.objectContaining({}) : foreign)
    })

    it('who names no organization is told to', async () => {
      expect(await get(path, { authorization: 'Bearer token-of-ada' })).toMatchObject({
        status: 400,
        body: { code: 'ORGANIZATION_REQUIRED' },
      })
    })

    it('is nobody without a token, whatever the headers claim', async () => {
      const forged = { 'x-organization': 'acme', 'x-user': 'ada', 'x-user-id': 'ada', authorization: 'Basic ada' }
      expect(await get(path, forged)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
    })

    it('who was suspended a moment ago is refused', async () => {
      expect(await get(path, as('ada', 'acme'))).toMatchObject({ status: 200 })
      await site().database.admin("update partywall.memberships set status = 'suspended' where user_id = 'ada'")
      expect(await get(path, as('ada', 'acme'))).toMatchObject({ status: 403, body: { code: 'MEMBERSHIP_SUSPENDED' } })
    })

    it('of an organization that was suspended a moment ago is refused', async () => {
      await site().database.admin("update partywall.organizations set status = 'suspended' where slug = 'acme'")
      const refused = { status: 403, body: { code: 'ORGANIZATION_SUSPENDED' } }
      expect(await get(path, as('ada', 'acme'))).toMatchObject(refused)
      expect(await get(path, as('bob', 'globex'))).toMatchObject({ status: 200 })
    })
  })
}
