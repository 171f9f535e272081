import fastify from 'fastify'
import type { FastifySchema } from 'fastify'
import { openApiDocument } from '@partywall/tenancy-core/http'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { collectRoutes } from './collect-routes.ts'

type Documented = FastifySchema & { readonly hide?: boolean; readonly security?: readonly object[] }

describe('collectRoutes', () => {
  it('gives what was registered since, wherever, as it is in the end', async () => {
    const app = fastify()
    app.get('/before', () => '')
    const collect = collectRoutes(app)
    const tasks = { summary: 'List', tags: ['tasks'], operationId: 'listTasks', querystring: z.object({}) }
    app.setValidatorCompiler(() => () => true)
    app.get('/tasks', { schema: tasks }, () => '')
    await app.register(async (inner) => inner.post('/:id', { config: { permission: 'a:b' } }, () => ''), {
      prefix: '/inner',
    })
    app.route({ method: ['GET', 'PUT'], url: '/both', schema: tasks, handler: () => '' })
    const open: Documented = { security: [] }
    const hidden: Documented = { hide: true }
    app.get('/health', { config: { tenancy: false }, schema: open }, () => '')
    app.get('/mine', { config: { tenancy: false } }, () => '')
    app.get('/hidden', { schema: hidden }, () => '')
    // As a hook of the service does that is added after.
    app.addHook('onRoute', (route) => {
      route.config = { permission: 'late:read', ...route.config }
    })
    app.get('/late', () => '')
    await app.ready()
    expect(collect()).toMatchObject([
      { method: 'GET', path: '/tasks', summary: 'List', tag: 'tasks', operationId: 'listTasks', scope: 'organization' },
      { method: 'POST', path: '/inner/:id', summary: 'POST /inner/:id', tag: 'service', permission: 'a:b' },
      { method: 'GET', path: '/both', operationId: undefined },
      { method: 'PUT', path: '/both', operationId: undefined },
      { path: '/health', scope: 'public' },
      { path: '/mine', scope: 'user' },
      { path: '/late', permission: 'late:read' },
    ])
    const document = openApiDocument({ title: 'One', version: '1', routes: [], own: collect() })
    expect(Object.keys(document['paths'] as object)).toContain('/inner/{id}')
    await app.close()
  })
})
