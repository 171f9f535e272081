import { describe, expect, it } from 'vitest'
import { as, call } from '../http-client.ts'
import type { HttpAnswer } from '../http-client.ts'
import type { HttpTarget } from '../describe-http-host.ts'

/** A change says which version it changes, and of many at once one is made. */
export function describeVersions({ host, site }: HttpTarget): void {
  const ask = (method: string, id: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
    call(`${host().origin}/v1/projects/${String(id)}`, {
      method,
      headers: {
        ...as('ada', 'acme'),
        ...(method === 'PUT' ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(method === 'PUT' ? { body: '{"name":"acme 1"}' } : {}),
    })
  const first = async (name: string): Promise<unknown> => {
    const rows = await site().database.admin('select id from projects where name = $1 limit 1', [name])
    return rows[0]?.['id']
  }

  describe('a versioned answer', () => {
    it('is not sent to whoever has it', async () => {
      const id = await first('acme 1')
      const { headers } = await ask('GET', id)
      const etag = headers.get('etag') ?? ''
      expect(etag).toMatch(/^"\d+"$/)
      expect(await ask('GET', id, { 'if-none-match': `"0", W/${etag}` })).toMatchObject({ status: 304, body: '' })
      expect(await ask('GET', id, { 'if-none-match': '"0"' })).toMatchObject({ status: 200 })
    })

    it('is changed by whoever has seen it, and by one of 16 at once', async () => {
      const id = await first('acme 1')
      const required = { status: 428, body: { code: 'PRECONDITION_REQUIRED' } }
      const failed = { status: 412, body: { code: 'PRECONDITION_FAILED' } }
      expect(await ask('PUT', id)).toMatchObject(required)
      for (const tag of ['"0"', 'W/"1"', '1', '"1", "2"', ''])
        expect(await ask('PUT', id, { 'if-match': tag })).toMatchObject(failed)
      const etag = (await ask('GET', id)).headers.get('etag') ?? ''
      const answers = await Promise.all(Array.from({ length: 16 }, () => ask('PUT', id, { 'if-match': etag })))
      const statuses = answers.map(({ status }) => status)
      expect([200, 412].map((status) => statuses.filter((one) => one === status).length)).toEqual([1, 15])
      expect(await ask('PUT', id, { 'if-match': '*' })).toMatchObject({ status: 200 })
    })

    it('of another organization is not there to be changed', async () => {
      const id = await first('globex 1')
      expect(await ask('PUT', id, { 'if-match': '*' })).toMatchObject({ status: 412 })
      expect(await first('globex 1')).toBe(id)
    })
  })
}
