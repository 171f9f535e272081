import { expect, it } from 'vitest'
import type { Scene } from '../scene.ts'

export function describeHousekeeping(scene: () => Scene): void {
  it('tells everybody that it runs and is ready', async () => {
    const { ask } = scene()
    expect(await ask(undefined, { line: '/health' })).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(await ask(undefined, { line: '/ready' })).toMatchObject({ status: 200, body: { status: 'ready' } })
  })

  it('serves the description of its API, and a page of it that loads nothing', async () => {
    const { ask } = scene()
    const document = await ask(undefined, { line: '/v1/openapi.json' })
    expect(document).toMatchObject({ status: 200, body: { openapi: '3.1.0' } })
    const { paths } = document.body as { paths: object }
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/v1/organization', '/v1/invitations/accept']))
    const page = await ask(undefined, { line: '/v1/docs' })
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain(`default-src 'none'`)
    const html = String(page.body)
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\ssrc=/i)
    expect(html).not.toMatch(/https?:\/\//)
  })

  it('leaves requests from other origins to the host: it allows none by itself', async () => {
    const { host } = scene()
    const headers = { origin: 'https://elsewhere.example', 'access-control-request-method': 'PUT' }
    const answer = await fetch(`${host.origin}/v1/organization`, { method: 'OPTIONS', headers })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  })
}
