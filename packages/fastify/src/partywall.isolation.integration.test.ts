import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { as, createSite, startHost } from './site.fixture.ts'
import type { Host, Site } from './site.fixture.ts'

let site: Site
let host: Host
/** Where hooks ran after the answer: the user of the request, and the user in scope. */
const responded: string[] = []

async function projects(): Promise<string[]> {
  const { rows } = await site.tenancy.pool.query<{ name: string }>('select name from projects order by id')
  return rows.map(({ name }) => name)
}

const own = (slug: string): string[] => [1, 2, 3, 4, 5].map((n) => `${slug} ${n}`)

const userInScope = (): string => site.tenancy.currentTenant()?.actor?.id ?? 'nobody'

async function* slowRows(): AsyncGenerator<string> {
  for (let step = 0; step < 40; step += 1)
    yield `${JSON.stringify([userInScope(), ...(await projects())])}\n`.padEnd(65_536)
}

async function* slowBytes(): AsyncGenerator<Uint8Array> {
  for (let step = 0; step < 5; step += 1) {
    yield new Uint8Array(1000)
    await sleep(20)
  }
}

beforeAll(async () => {
  site = await createSite()
  host = await startHost(site, {
    routes: (app) => {
      app.addHook('onSend', async (_, reply) => void reply.header('x-rows', (await projects().catch(() => [])).length))
      app.addHook('onResponse', async (request) => {
        const asked = /token-of-(.+)/.exec(request.headers.authorization ?? '')?.[1]
        responded.push(`${request.routeOptions.url ?? 'none'}: ${asked} in the scope of ${userInScope()}`)
      })
      app.get('/projects', () => projects())
      app.post('/projects', () => projects())
      app.get('/later', async () => {
        await sleep(1)
        return await new Promise((resolve, reject) => {
          setImmediate(() => process.nextTick(() => projects().then(resolve, reject)))
        })
      })
      app.get('/fails', async () => {
        throw Object.assign(new Error((await projects()).join()), { statusCode: 418 })
      })
      app.get('/stream', (_, reply) => reply.type('text/plain').send(Readable.from(slowRows())))
      app.get('/web-stream', (_, reply) =>
        reply.type('text/plain').send(ReadableStream.from(slowRows()).pipeThrough(new TextEncoderStream())),
      )
      app.addContentTypeParser('application/octet-stream', (_, payload, done) => done(null, payload))
      app.post<{ Body: Readable }>('/upload', (request, reply) => {
        const scopes = new Set<string>()
        request.body.on('data', () => scopes.add(userInScope()))
        request.body.on('end', () => reply.send([...scopes, userInScope()]))
      })
      app.get('/open', { config: { tenancy: false } }, async () => ({ scope: userInScope() }))
      app.get('/open-stream', { config: { tenancy: false } }, (_, reply) =>
        reply.type('text/plain').send(Readable.from(Array.from({ length: 40 }, () => userInScope().padEnd(65_536)))),
      )
    },
  })
})

afterEach(async () => {
  await site.admin("update partywall.memberships set status = 'active'")
  await site.admin("update partywall.organizations set status = 'active'")
})

afterAll(async () => {
  await host[Symbol.asyncDispose]()
  await site[Symbol.asyncDispose]()
})

const both = [
  ['ada', 'acme'],
  ['bob', 'globex'],
] as const

/** Sends requests at once over one connection, as a client may that does not wait for answers, and gives what comes. */
async function pipelined(requests: readonly (readonly [path: string, user: string, slug: string])[]): Promise<string> {
  const socket = connect(host.port, '127.0.0.1')
  const heads = requests.map(([path, user, slug], at) => {
    const headers = Object.entries({
      host: 'test',
      connection: at === requests.length - 1 ? 'close' : 'keep-alive',
      ...as(user, slug),
    })
    return `GET ${path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  })
  socket.write(heads.join(''))
  // Until the buffers are full, so that the streams have to wait for the socket.
  await sleep(200)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}

describe('a request', () => {
  it('reads its own organization, 64 at a time', async () => {
    const paths = ['/projects', '/later', '/fails', '/projects']
    const answers = await Promise.all(
      Array.from({ length: 64 }, async (_, n) => {
        const [user, slug] = both[n % 2] as (typeof both)[number]
        return { slug, path: paths[n % 4], answer: await host.get(paths[n % 4] as string, as(user, slug)) }
      }),
    )
    for (const { slug, path, answer } of answers) {
      if (path === '/fails') expect(answer).toMatchObject({ status: 418, body: { message: own(slug).join() } })
      else expect(answer).toMatchObject({ status: 200, body: own(slug) })
    }
  })

  it('keeps its scope while its body arrives', async () => {
    const answers = await Promise.all(
      both.map(([user, slug]) => {
        const headers = { ...as(user, slug), 'content-type': 'application/json' }
        return host.call('/projects', { method: 'POST', headers, body: JSON.stringify(['x'.repeat(500_000)]) })
      }),
    )
    expect(answers.map(({ body }) => body)).toEqual([own('acme'), own('globex')])
  })

  it('keeps its scope in the events of an upload', async () => {
    const headers = { ...as('ada', 'acme'), 'content-type': 'application/octet-stream' }
    const body = ReadableStream.from(slowBytes())
    const answer = await host.call('/upload', { method: 'POST', headers, body, duplex: 'half' })
    expect(answer.body).toEqual(['ada', 'ada'])
  })

  it('may name its organization by the id', async () => {
    const [membership] = await site.organizations.listMine('ada')
    expect(await host.get('/projects', as('ada', membership?.organizationId ?? ''))).toMatchObject({
      body: own('acme'),
    })
  })

  it.each(['/stream', '/web-stream'])('streams its own organization from %s', async (path) => {
    const answers = await Promise.all(both.map(([user, slug]) => host.get(path, as(user, slug))))
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

describe('requests over one connection, none waiting for the answer before', () => {
  it.each(['/stream', '/web-stream'])('stream their own organization from %s', async (path) => {
    const answer = await pipelined([
      [path, 'ada', 'acme'],
      [path, 'bob', 'globex'],
    ])
    for (const [user, slug] of both) expect(answer.split(JSON.stringify([user, ...own(slug)]))).toHaveLength(41)
    expect(answer).not.toMatch(/"ada","globex|"bob","acme/)
  })

  it('leave nothing to a stream of a route without an organization', async () => {
    const answer = await pipelined([
      ['/stream', 'ada', 'acme'],
      ['/open-stream', 'bob', 'globex'],
    ])
    expect(answer.split('nobody')).toHaveLength(41)
  })

  it('run the hooks after each answer in the scope of its own request', async () => {
    responded.length = 0
    await pipelined([
      ['/later', 'ada', 'acme'],
      ['/projects', 'mallory', 'acme'],
      ['/later', 'ada', 'acme'],
      ['/projects', 'eve', 'acme'],
      ['/projects', 'bob', 'globex'],
      ['/open', 'bob', 'globex'],
    ])
    expect(responded.toSorted()).toEqual([
      '/later: ada in the scope of ada',
      '/later: ada in the scope of ada',
      '/open: bob in the scope of nobody',
      '/projects: bob in the scope of bob',
      '/projects: eve in the scope of nobody',
      '/projects: mallory in the scope of nobody',
    ])
  })
})

describe('a caller', () => {
  it('learns nothing about organizations of others: unknown and foreign are one answer', async () => {
    const foreign = await host.get('/projects', as('ada', 'globex'))
    expect(foreign).toMatchObject({
      status: 404,
      type: 'application/problem+json',
      body: { status: 404, code: 'ORGANIZATION_NOT_FOUND' },
    })
    expect(await host.get('/projects', as('ada', 'nowhere'))).toEqual(foreign)
    expect(await host.get('/projects', { authorization: 'Bearer token-of-ada' })).toEqual(foreign)
  })

  it('is nobody without a token, whatever the headers claim', async () => {
    const forged = { 'x-organization': 'acme', 'x-user': 'ada', 'x-user-id': 'ada', authorization: 'Basic ada' }
    expect(await host.get('/projects', forged)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
  })

  it('who was suspended a moment ago is refused', async () => {
    expect(await host.get('/projects', as('ada', 'acme'))).toMatchObject({ status: 200 })
    await site.admin(`insert into partywall.memberships (organization_id, user_id, role)
      select id, 'deputy', 'owner' from partywall.organizations where slug = 'acme'`)
    await site.admin("update partywall.memberships set status = 'suspended' where user_id = 'ada'")
    expect(await host.get('/projects', as('ada', 'acme'))).toMatchObject({
      status: 403,
      body: { code: 'MEMBERSHIP_SUSPENDED' },
    })
  })

  it('of an organization that was suspended a moment ago is refused', async () => {
    await site.admin("update partywall.organizations set status = 'suspended' where slug = 'acme'")
    expect(await host.get('/projects', as('ada', 'acme'))).toMatchObject({
      status: 403,
      body: { code: 'ORGANIZATION_SUSPENDED' },
    })
    expect(await host.get('/projects', as('bob', 'globex'))).toMatchObject({ status: 200 })
  })
})

describe('a route without an organization', () => {
  it('runs outside every scope, signed in or not', async () => {
    expect(await host.get('/open')).toMatchObject({ status: 200, body: { scope: 'nobody' } })
    expect(await host.get('/open', as('ada', 'acme'))).toMatchObject({ status: 200, body: { scope: 'nobody' } })
  })
})
