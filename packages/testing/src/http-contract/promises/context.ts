import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { as, call, pipelined } from '../http-client.ts'
import type { HttpAnswer } from '../http-client.ts'
import type { HttpTarget } from '../describe-http-host.ts'
import { both } from '../http-site.ts'

const own = (slug: string): string[] => [1, 2, 3, 4, 5].map((n) => `${slug} ${n}`)

async function* slowBytes(): AsyncGenerator<Uint8Array> {
  for (let step = 0; step < 5; step += 1) {
    yield new Uint8Array(1000)
    await sleep(20)
  }
}

interface Ask {
  readonly get: (path: string, user: string, slug: string) => Promise<HttpAnswer>
  readonly post: (
    path: string,
    content: { readonly type: string; readonly body: string | ReadableStream },
  ) => (user: string, slug: string) => Promise<HttpAnswer>
}

/** The scope of a request is with everything that the request starts, and with nothing else. */
export function describeContext(target: HttpTarget): void {
  const { host } = target
  const ask: Ask = {
    get: (path, user, slug) => call(host().origin + path, { headers: as(user, slug) }),
    post:
      (path, { type, body }) =>
      (user, slug) => {
        const headers = { ...as(user, slug), 'content-type': type }
        return call(host().origin + path, { method: 'POST', headers, body, duplex: 'half' })
      },
  }
  describeRequests(target, ask)
  describePipelined(target)

  describe('a route without an organization', () => {
    it('runs outside every scope, signed in or not', async () => {
      expect(await call(`${host().origin}/open`)).toMatchObject({ status: 200, body: { scope: 'nobody' } })
      expect(await ask.get('/open', 'ada', 'acme')).toMatchObject({ status: 200, body: { scope: 'nobody' } })
    })
  })
}

function describeRequests({ site, records }: HttpTarget, { get, post }: Ask): void {
  describe('a request', () => {
    it('reads its own organization, 64 at a time', async () => {
      const paths = ['/projects', '/later', '/fails', '/projects'] as const
      await Promise.all(
        Array.from({ length: 64 }, async (_, n) => {
          const [user, slug] = both[n % 2] as [string, string]
          const path = paths[n % 4] as string
          const answer = await get(path, user, slug)
          if (path === '/fails') expect(answer).toMatchObject({ status: 418, body: { message: own(slug).join() } })
          else expect(answer).toMatchObject({ status: 200, body: own(slug) })
        }),
      )
    })

    it('keeps its scope while its body arrives', async () => {
      const body = JSON.stringify(['x'.repeat(50_000)])
      const answers = await Promise.all(
        both.map((one) => post('/projects', { type: 'application/json', body })(...one)),
      )
      expect(answers.map(({ body: rows }) => rows)).toEqual([own('acme'), own('globex')])
    })

    it('keeps its scope in the events of an upload', async () => {
      const body = ReadableStream.from(slowBytes())
      const answer = await post('/upload', { type: 'application/octet-stream', body })('ada', 'acme')
      expect(answer.body).toEqual(['ada', 'ada'])
    })

    it('keeps its scope in work that goes on after its answer', async () => {
      records.background.length = 0
      await Promise.all(both.map((one) => get('/background', ...one)))
      const expected = both.map(([user, slug]) => `${user}: ${own(slug).join()}`)
      await vi.waitFor(() => expect(records.background.toSorted()).toEqual(expected))
    })

    it('may name its organization by the id', async () => {
      expect(await get('/projects', 'ada', site().acmeId)).toMatchObject({ body: own('acme') })
    })

    it('streams its own organization', async () => {
      const answers = await Promise.all(both.map((one) => get('/stream', ...one)))
      for (const [at, [user, slug]] of both.entries()) {
        const lines = new Set(
          String(answers[at]?.body)
            .split('\n')
            .map((line) => line.trim()),
        )
        expect([...lines].filter((line) => line !== '')).toEqual([JSON.stringify([user, ...own(slug)])])
      }
    })
  })
}

function describePipelined({ host, records }: HttpTarget): void {
  describe('requests over one connection, none waiting for the answer before', () => {
    it('stream their own organization', async () => {
      const answer = await pipelined(host().origin, [
        ['/stream', 'ada', 'acme'],
        ['/stream', 'bob', 'globex'],
      ])
      for (const [user, slug] of both) expect(answer.split(JSON.stringify([user, ...own(slug)]))).toHaveLength(41)
      expect(answer).not.toMatch(/"ada","globex|"bob","acme/)
    })

    it('leave nothing to a stream of a route without an organization', async () => {
      const answer = await pipelined(host().origin, [
        ['/stream', 'ada', 'acme'],
        ['/open-stream', 'bob', 'globex'],
      ])
      expect(answer.split('nobody')).toHaveLength(41)
    })

    it('end each answer in the scope of its own request', async () => {
      records.responded.length = 0
      await pipelined(host().origin, [
        ['/later', 'ada', 'acme'],
        ['/projects', 'mallory', 'acme'],
        ['/later', 'ada', 'acme'],
        ['/projects', 'eve', 'acme'],
        ['/projects', 'bob', 'globex'],
        ['/open', 'bob', 'globex'],
      ])
      expect(records.responded.toSorted()).toEqual([
        '/later: ada in the scope of ada',
        '/later: ada in the scope of ada',
        '/open: bob in the scope of nobody',
        '/projects: bob in the scope of bob',
        '/projects: eve in the scope of nobody',
        '/projects: mallory in the scope of nobody',
      ])
    })
  })
}
