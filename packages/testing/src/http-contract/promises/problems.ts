import { describe, expect, it } from 'vitest'
import { as, call } from '../http-client.ts'
import type { HttpAnswer } from '../http-client.ts'
import type { HttpTarget } from '../describe-http-host.ts'

const ada = { ...as('ada', 'acme'), 'content-type': 'application/json' }
const internal = { code: expect.stringMatching(/^INTERNAL$/) as string }
const type = 'application/problem+json'

type Send = (method: string, path: string, init?: RequestInit) => Promise<HttpAnswer>

/** Errors are problem documents, the same on every host, and tell nothing of the inside. */
export function describeProblems({ host }: HttpTarget): void {
  const send: Send = (method, path, init = {}) => call(host().origin + path, { method, headers: ada, ...init })

  describeInput(send)
  describeFaults(send)

  describe('errors of Partywall in a handler of the host', () => {
    it('are problems, and tell nothing of the inside', async () => {
      expect(await send('GET', '/conflict')).toMatchObject({
        status: 409,
        type,
        body: { title: 'Conflict', status: 409, code: 'ORGANIZATION_SLUG_TAKEN', detail: 'Taken.' },
      })
      const fault = await send('GET', '/fault')
      expect(fault).toMatchObject({ status: 500, type, body: internal })
      expect(JSON.stringify(fault)).not.toContain('secret')
    })
  })
}

function describeInput(send: Send): void {
  describe('a mounted route', () => {
    it('takes what its schemas let through, and lets out what its response describes', async () => {
      const answer = await send('POST', '/v1/things/7', { body: '{"text":"hi"}' })
      expect(answer).toMatchObject({ status: 201, type: 'application/json; charset=utf-8' })
      expect(answer.body).toEqual({ id: 7, text: 'hi', user: 'ada' })
      expect(await send('DELETE', '/v1/things/7', { headers: as('ada', 'acme') })).toMatchObject({
        status: 204,
        type: null,
        body: '',
      })
      expect(await send('GET', '/v1/things?limit=2')).toMatchObject({ body: [{ name: 'acme 1' }, { name: 'acme 2' }] })
    })

    it('points at everything that is wrong with the input', async () => {
      const answer = await send('POST', '/v1/things/seven', { body: '{"text":5,"a/b~c":"x"}' })
      expect(answer).toMatchObject({ status: 400, type, body: { code: 'REQUEST_INVALID' } })
      const { errors } = answer.body as { errors: { pointer: string; detail: string }[] }
      expect(errors.map(({ pointer }) => pointer)).toEqual(['/params/id', '/body/text', '/body/a~1b~0c'])
      expect(await send('GET', '/v1/things?limit=99')).toMatchObject({
        body: { errors: [{ pointer: '/query/limit' }] },
      })
    })
  })
}

function describeFaults(send: Send): void {
  describe('a mounted route that cannot answer', () => {
    it.each([
      ['malformed JSON', 'POST', '/v1/things/7', { body: '{"text":' }, 400, 'REQUEST_INVALID'],
      ['no body', 'POST', '/v1/things/7', { headers: as('ada', 'acme') }, 400, 'REQUEST_INVALID'],
      [
        'a body that is too large',
        'POST',
        '/v1/things/7',
        { body: JSON.stringify('x'.repeat(3000)) },
        413,
        'REQUEST_TOO_LARGE',
      ],
      [
        'another content type',
        'POST',
        '/v1/things/7',
        { headers: { ...ada, 'content-type': 'text/plain' }, body: 'x' },
        415,
        'CONTENT_TYPE_UNSUPPORTED',
      ],
      [
        'an unknown content type',
        'POST',
        '/v1/things/7',
        { headers: { ...ada, 'content-type': 'a/b' }, body: 'x' },
        415,
        'CONTENT_TYPE_UNSUPPORTED',
      ],
      ['an unknown method', 'PUT', '/v1/things/7', { body: '{}' }, 405, 'METHOD_NOT_ALLOWED'],
      ['an unknown path', 'GET', '/v1/nothing', {}, 404, 'ROUTE_NOT_FOUND'],
    ] as const)('answers %s with a problem', async (...[, method, path, init, status, code]) => {
      const answer = await send(method, path, init)
      expect(answer).toMatchObject({ status, type, body: { type: 'about:blank', status, code } })
      expect((answer.body as { detail: string }).detail).toMatch(/\.$/)
      if (status === 405) expect(answer.headers.get('allow')).toBe('POST, DELETE')
    })

    it('tells nothing of the inside when it fails', async () => {
      const answer = await send('GET', '/v1/broken')
      expect(answer).toMatchObject({ status: 500, type, body: internal })
      expect(JSON.stringify(answer)).not.toMatch(/secret|password/)
    })
  })
}
