import { AsyncLocalStorage } from 'node:async_hooks'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { organizationRoutes } from '@partywall/organizations'
import { TenancyError } from '@partywall/tenancy-core'
import { defineRoute } from '@partywall/tenancy-core/http'
import * as z from 'zod'
import { partywall } from './partywall.ts'
import { as, createSite, startHost } from './site.fixture.ts'
import type { Site } from './site.fixture.ts'

let site: Site

beforeAll(async () => {
  site = await createSite()
})

afterAll(async () => {
  await site[Symbol.asyncDispose]()
})

const ada = as('ada', 'acme')
const notFound = { status: 404, body: { code: 'ORGANIZATION_NOT_FOUND' } }

describe('partywall', () => {
  it.each(['onRequest', 'preValidation', 'preHandler'] as const)(
    'authorizes whom a hook %s has verified',
    async (authHook) => {
      await using host = await startHost(site, {
        authHook,
        routes: (app) => app.get('/whoami', (request) => request.tenancy),
      })
      expect(await host.get('/whoami', ada)).toMatchObject({
        status: 200,
        body: { actor: { type: 'user', id: 'ada' }, membership: { slug: 'acme', role: 'owner' } },
      })
      expect(await host.get('/whoami', as('ada', 'globex'))).toMatchObject(notFound)
      expect(await host.get('/whoami', { 'x-organization': 'acme' })).toMatchObject({ status: 401 })
    },
  )

  it('refuses before the handler runs', async () => {
    const handler = vi.fn(() => 'reached')
    await using host = await startHost(site, { routes: (app) => app.get('/', handler) })
    await host.get('/', as('ada', 'globex'))
    await host.get('/', { 'x-organization': 'acme' })
    expect(handler).not.toHaveBeenCalled()
  })

  it('opens the scope for the hooks of a route and of a plugin inside', async () => {
    const seen: (string | undefined)[] = []
    const note = async (): Promise<void> => void seen.push(site.tenancy.currentTenant()?.actor?.id)
    await using host = await startHost(site, {
      routes: (app) => {
        void app.register(async (inner: FastifyInstance) => {
          inner.addHook('preHandler', note)
          inner.addHook('preSerialization', note)
          inner.get('/inner', { preHandler: note }, () => ({}))
        })
      },
    })
    await host.get('/inner', ada)
    expect(seen).toEqual(['ada', 'ada', 'ada'])
  })

  it('leaves the asynchronous context of the host as it is', async () => {
    const requestId = new AsyncLocalStorage<string>()
    const seen: (string | undefined)[] = []
    await using host = await startHost(site, {
      routes: (app) => {
        app.addHook('onRequest', (request, _, next) => requestId.run(request.url, next))
        app.addHook('onResponse', async () => void seen.push(requestId.getStore()))
        app.get('/scoped', () => requestId.getStore())
        app.get('/open', { config: { tenancy: false } }, () => requestId.getStore())
      },
    })
    expect(await host.get('/scoped', ada)).toMatchObject({ body: '/scoped' })
    expect(await host.get('/open')).toMatchObject({ body: '/open' })
    await vi.waitFor(() => expect(seen).toEqual(['/scoped', '/open']))
  })

  it('authorizes HEAD as it does GET', async () => {
    await using host = await startHost(site, { routes: (app) => app.get('/', () => 'reached') })
    const head = (headers: Record<string, string>) => host.call('/', { method: 'HEAD', headers })
    expect(await head(as('ada', 'globex'))).toMatchObject({ status: 404 })
    expect(await head(ada)).toMatchObject({ status: 200 })
  })

  it('waits for a claim that takes time, and reads nothing but texts in it', async () => {
    const claim = async () => ({ userId: 'ada', organization: ['acme', 'globex'] })
    await using host = await startHost(site, { options: { claim }, routes: (app) => app.get('/', () => 'reached') })
    expect(await host.get('/')).toMatchObject({ status: 400, body: { code: 'CLAIM_AMBIGUOUS' } })
  })

  it('covers the routes that were added before it', async () => {
    const app = fastify()
    app.get('/early', () => 'reached')
    await app.register(partywall, { tenancy: site.tenancy, directory: site.organizations, claim: () => ({}) })
    expect(await app.inject('/early')).toMatchObject({ statusCode: 401 })
    await app.close()
  })
})

describe('config.permission', () => {
  it('lets viewers read, and others do everything', async () => {
    await using host = await startHost(site, {
      routes: (app) => {
        app.get('/', { config: { permission: 'projects:read' } }, () => 'read')
        app.post('/', { config: { permission: 'projects:write' } }, () => 'written')
      },
    })
    const viewer = as('viewer-of-acme', 'acme')
    const write = (headers: Record<string, string>) => host.call('/', { method: 'POST', headers })
    expect(await host.get('/', viewer)).toMatchObject({ status: 200 })
    expect(await write(viewer)).toMatchObject({
      status: 403,
      type: 'application/problem+json',
      body: { code: 'PERMISSION_DENIED', detail: expect.stringContaining('projects:write') as string },
    })
    expect(await write(ada)).toMatchObject({ status: 200 })
    expect(await write(as('viewer-of-acme', 'globex'))).toMatchObject(notFound)
  })
})

describe('errors', () => {
  const conflict = new TenancyError('ORGANIZATION_SLUG_TAKEN', 'Taken.')
  const schema = { response: { '4xx': { type: 'object', properties: { host: { type: 'string' } } } } }
  const routes = (app: FastifyInstance): void => {
    app.get('/conflict', { schema }, () => Promise.reject(conflict))
    app.get('/fault', () => Promise.reject(new TenancyError('LOGIN_PRIVILEGED', 'The login "secret" is superuser.')))
    app.get('/teapot', { schema }, () => Promise.reject(Object.assign(new Error('short'), { statusCode: 418 })))
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    app.get('/no-error', () => Promise.reject({ not: 'an error' }))
    app.get('/own', { errorHandler: (_, __, reply) => reply.status(409).send({ host: 'own' }) }, () =>
      Promise.reject(new Error('x')),
    )
    app.setErrorHandler((error: { message?: string; statusCode?: number }, _, reply) =>
      reply.status(error.statusCode ?? 500).send({ host: error.message ?? 'no error' }),
    )
    app.get('/missing-scope', { config: { tenancy: false } }, () => site.tenancy.pool.query('select 1'))
  }

  it('of Partywall are problems, complete under any response schema', async () => {
    await using host = await startHost(site, { routes })
    expect(await host.get('/conflict', ada)).toEqual({
      status: 409,
      type: 'application/problem+json',
      body: {
        type: 'about:blank',
        title: 'Conflict',
        status: 409,
        code: 'ORGANIZATION_SLUG_TAKEN',
        detail: 'Taken.',
        requestId: expect.stringMatching(/^req-/) as string,
      },
    })
  })

  it('of Partywall tell nothing of the inside', async () => {
    await using host = await startHost(site, { routes })
    const answer = await host.get('/fault', ada)
    expect(answer).toMatchObject({ status: 500, type: 'application/problem+json', body: { code: 'INTERNAL' } })
    expect(JSON.stringify(answer)).not.toContain('secret')
    expect(await host.get('/missing-scope')).toMatchObject({ status: 500, body: { code: 'INTERNAL' } })
  })

  it('of the host go to the handlers of the host', async () => {
    await using host = await startHost(site, { routes })
    expect(await host.get('/teapot', ada)).toMatchObject({ status: 418, body: { host: 'short' } })
    expect(await host.get('/no-error', ada)).toMatchObject({ status: 500, body: { host: 'no error' } })
    expect(await host.get('/own', ada)).toMatchObject({ status: 409, body: { host: 'own' } })
  })

  it('of the directory are faults, and not refusals', async () => {
    const directory = { findMembership: () => Promise.reject(new Error('database gone')) }
    await using host = await startHost(site, { options: { directory }, routes })
    expect(await host.get('/teapot', ada)).toMatchObject({ status: 500, body: { host: 'database gone' } })
  })

  it('of an unknown path are the host’s', async () => {
    await using host = await startHost(site, { routes })
    expect(await host.get('/nowhere')).toMatchObject({ status: 404, body: { message: 'Route GET:/nowhere not found' } })
  })
})

describe('routes', () => {
  const echo = defineRoute({
    method: 'POST',
    path: '/echo/:id',
    summary: 'Say it again',
    tag: 'test',
    scope: 'organization',
    permission: 'echo:write',
    status: 201,
    params: z.object({ id: z.coerce.number() }),
    body: z.strictObject({ text: z.string() }),
    response: z.object({ id: z.number(), text: z.string(), user: z.string() }),
    handler: async ({ userId }, { params, body }) => ({ ...params, ...body, user: userId, secret: 'kept' }),
  })

  it('are mounted with their input, permission, status and response', async () => {
    await using host = await startHost(site, { options: { routes: [[echo]] }, routes: () => undefined })
    const post = (text: unknown, headers = ada) => {
      const body = JSON.stringify({ text })
      return host.call('/echo/7', { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body })
    }
    expect(await post('hi')).toMatchObject({ status: 201, body: { id: 7, text: 'hi', user: 'ada' } })
    expect(JSON.stringify(await post('hi'))).not.toContain('kept')
    expect(await post(5)).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID', detail: expect.stringContaining('body.text') as string },
    })
    expect(await post('hi', as('viewer-of-acme', 'acme'))).toMatchObject({ status: 403 })
  })

  it('of a person need a user and no organization', async () => {
    await using host = await startHost(site, {
      options: { routes: [organizationRoutes(site.organizations)] },
      routes: () => undefined,
    })
    const mine = await host.get('/organizations', { authorization: 'Bearer token-of-ada' })
    expect(mine).toMatchObject({ status: 200, body: [{ slug: 'acme', role: 'owner', status: 'active' }] })
    expect(await host.get('/organizations')).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
    expect(await host.get('/organization/members?limit=1', ada)).toMatchObject({
      status: 200,
      body: { items: [{ userId: 'ada', role: 'owner' }] },
    })
    expect(await host.get('/organization/members', as('ada', 'globex'))).toMatchObject(notFound)
  })

  it('appear in the API description of the host', async () => {
    const described: unknown[] = []
    const app = fastify()
    app.addHook('onRoute', ({ method, url, schema }) => void described.push({ method, url, schema }))
    const claim = () => ({})
    await app.register(partywall, { tenancy: site.tenancy, directory: site.organizations, claim, routes: [[echo]] })
    await app.close()
    expect(described).toMatchObject([
      {
        method: 'POST',
        url: '/echo/:id',
        schema: {
          summary: 'Say it again',
          tags: ['test'],
          body: { type: 'object', required: ['text'], additionalProperties: false },
          response: { 201: { type: 'object', properties: { id: { type: 'number' } } } },
        },
      },
    ])
  })
})
