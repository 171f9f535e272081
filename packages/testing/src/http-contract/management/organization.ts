import { describe, expect, it } from 'vitest'
import type { ManagementTarget } from '../describe-management-api.ts'

/** The record of the organization is changed by who may, and on top of what they have seen. */
export function describeOrganization({ ask, join }: ManagementTarget): void {
  const shown = async () => {
    const { headers, body } = await ask('ada', 'GET /organization')
    return { etag: headers.get('etag') ?? '', organization: body as { id: string; version: number } }
  }

  describe('the organization', () => {
    it('is shown to its members, each their own', async () => {
      const acme = await ask('viewer-of-acme', 'GET /organization')
      expect(acme).toMatchObject({ status: 200, body: { slug: 'acme', status: 'active', seatLimit: null } })
      const globex = await ask('bob', 'GET /organization', { organization: 'globex' })
      expect(globex).toMatchObject({ status: 200, body: { slug: 'globex' } })
    })

    it('is changed only by who has seen its last version', async () => {
      const { etag, organization } = await shown()
      expect(etag).toBe(`"${organization.version}"`)
      expect(await ask('ada', 'GET /organization', { headers: { 'if-none-match': etag } })).toMatchObject({
        status: 304,
      })
      const rename = (name: string, headers: Record<string, string> = {}) =>
        ask('ada', 'PATCH /organization', { body: { name }, headers })
      expect(await rename('Acme')).toMatchObject({ status: 428, body: { code: 'PRECONDITION_REQUIRED' } })
      expect(await rename('Acme', { 'if-match': etag })).toMatchObject({ status: 200, body: { name: 'Acme' } })
      expect(await rename('Other', { 'if-match': etag })).toMatchObject({ status: 412 })
      for (const tag of ['"0"', '"-1"', '"1e3"', '"99999999999999999999"', 'W/"1"', '"a"'])
        expect(await rename('Other', { 'if-match': tag })).toMatchObject({ status: 412 })
      expect((await shown()).organization).toMatchObject({ name: 'Acme' })
    })

    it('takes no slug of another, and nothing that it does not have', async () => {
      const change = (body: object) => ask('ada', 'PATCH /organization', { body, headers: { 'if-match': '*' } })
      expect(await change({ slug: 'globex' })).toMatchObject({ status: 409, body: { code: 'ORGANIZATION_SLUG_TAKEN' } })
      for (const body of [{ slug: 'A' }, { slug: 'admin' }, { name: ' ' }, { status: 'deleted' }, { seatLimit: 9 }])
        expect(await change(body)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } })
    })

    it('is not changed by who may only read', async () => {
      await join('editor', 'member')
      for (const user of ['viewer-of-acme', 'editor']) {
        const refused = await ask(user, 'PATCH /organization', { body: { name: 'X' }, headers: { 'if-match': '*' } })
        expect(refused).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } })
      }
    })

    it('names the roles of its members, the highest first', async () => {
      const { body } = await ask('ada', 'GET /organization/roles')
      expect(body).toMatchObject([{ name: 'owner' }, { name: 'admin' }, { name: 'member' }, { name: 'viewer' }])
    })

    it('is in the list of a person, with what the person is there', async () => {
      const mine = await ask('ada', 'GET /organizations', { organization: '' })
      expect(mine).toMatchObject({ status: 200, body: [{ slug: 'acme', role: 'owner', membershipStatus: 'active' }] })
      expect(mine.body).toHaveLength(1)
    })
  })
}
