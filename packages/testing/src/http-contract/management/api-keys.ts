import { describe, expect, it } from 'vitest'
import type { ManagementTarget } from '../describe-management-api.ts'

interface NewKey {
  readonly id: string
  readonly text: string
}

/** A key shows its text once, and belongs to one organization. */
export function describeApiKeys({ ask }: ManagementTarget): void {
  const create = (user: string, body: object, organization = 'acme') =>
    ask(user, 'POST /organization/api-keys', { body, organization })
  const key = { name: 'CI', permissions: ['projects:read'] }

  describe('API keys', () => {
    it('show their text when they are made, and never again', async () => {
      const { status, headers, body } = await create('ada', key)
      expect(status).toBe(201)
      const { id, text } = body as NewKey
      expect(headers.get('location')).toBe(`api-keys/${id}`)
      const listed = await ask('ada', 'GET /organization/api-keys')
      expect(listed).toMatchObject({ status: 200, body: { items: [{ id, name: 'CI', grantedBy: 'ada' }] } })
      expect(JSON.stringify(listed.body)).not.toContain(text.split('_')[2])
    })

    it('are rotated and revoked', async () => {
      const { id, text } = (await create('ada', { ...key, expiresAt: '2099-01-01T00:00:00Z' })).body as NewKey
      const rotated = await ask('ada', `POST /organization/api-keys/${id}/rotate`, { body: { overlapSeconds: 60 } })
      expect(rotated).toMatchObject({ status: 200, body: { id } })
      expect((rotated.body as NewKey).text).not.toBe(text)
      expect(await ask('ada', `DELETE /organization/api-keys/${id}`)).toMatchObject({ status: 204 })
      expect(await ask('ada', `POST /organization/api-keys/${id}/rotate`)).toMatchObject({
        status: 404,
        body: { code: 'API_KEY_UNKNOWN' },
      })
    })

    it('may do no more than who makes them, and are not made by who may not', async () => {
      expect(await create('viewer-of-acme', key)).toMatchObject({ status: 403 })
      for (const wrong of [
        { name: '', permissions: ['a:b'] },
        { name: 'x', permissions: ['everything'] },
        { name: 'x' },
      ])
        expect(await create('ada', wrong)).toMatchObject({ status: 400 })
      expect(await create('ada', { ...key, expiresAt: '2001-01-01T00:00:00Z' })).toMatchObject({
        status: 400,
        body: { code: 'API_KEY_INVALID' },
      })
    })

    it('of another organization are unknown', async () => {
      const { id } = (await create('ada', key)).body as NewKey
      for (const request of [`DELETE /organization/api-keys/${id}`, `POST /organization/api-keys/${id}/rotate`]) {
        const answer = await ask('bob', request, { organization: 'globex' })
        expect(answer).toMatchObject({ status: 404, body: { code: 'API_KEY_UNKNOWN' } })
      }
    })
  })
}
