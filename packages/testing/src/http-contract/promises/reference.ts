import { describe, expect, it } from 'vitest'
import { call } from '../http-client.ts'
import type { HttpTarget } from '../describe-http-host.ts'

/** The API describes itself, to anybody, and loads nothing from elsewhere. */
export function describeReference({ host }: HttpTarget): void {
  describe('the API description', () => {
    it('is a document of OpenAPI with every mounted route', async () => {
      const answer = await call(`${host().origin}/v1/openapi.json`)
      expect(answer).toMatchObject({ status: 200, type: 'application/json; charset=utf-8', body: { openapi: '3.1.0' } })
      const { paths } = answer.body as { paths: Record<string, object> }
      expect(Object.keys(paths)).toContain('/v1/things/{id}')
      expect(Object.keys(paths['/v1/projects/{id}'] ?? {})).toEqual(['get', 'put'])
    })

    it('is a page that may load nothing but its own style', async () => {
      const { status, type, headers, body } = await call(`${host().origin}/v1/docs`)
      expect([status, type]).toEqual([200, 'text/html; charset=utf-8'])
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; /)
      expect(body).toContain('Rename a project')
      expect(body).not.toMatch(/<script|\bsrc=|https?:\/\/|@import|url\(/)
    })
  })
}
