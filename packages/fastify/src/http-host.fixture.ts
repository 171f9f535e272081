import { Readable } from 'node:stream'
import fastify from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { HttpHost, HttpStage } from '@partywall/testing/http-contract'
import { partywall } from './partywall.ts'

/** A host of the suites. */
export async function startHttpHost(stage: HttpStage): Promise<HttpHost> {
  const app = fastify()
  const users = new WeakMap<FastifyRequest, string>()
  app.addHook('onRequest', async (request) => {
    const user = stage.authenticate(request.headers)
    if (user !== undefined) users.set(request, user)
  })
  app.addHook('onResponse', async (request) => stage.responded(request.routeOptions.url ?? 'none', request.headers))
  const { tenancy, directory, prefix, bodyLimitBytes, reference } = stage
  await app.register(partywall, {
    tenancy,
    directory,
    claim: (request) => stage.claim(request, users.get(request)),
    routes: [stage.routes],
    prefix,
    bodyLimitBytes,
    reference,
  })
  addRoutes(app, stage)
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  return { origin, [Symbol.asyncDispose]: () => app.close() }
}

function addRoutes(app: FastifyInstance, stage: HttpStage): void {
  for (const name of ['projects', 'later', 'fails', 'conflict', 'fault', 'background'] as const)
    app.get(`/${name}`, () => stage[name]())
  app.post('/projects', { config: { permission: 'projects:write' } }, () => stage.projects())
  app.get('/stream', (_, reply) => reply.type('text/plain').send(Readable.from(stage.stream())))
  app.addContentTypeParser('application/octet-stream', (_, payload, done) => done(null, payload))
  app.post<{ Body: Readable }>('/upload', (request) => stage.upload(request.body))
  app.register(async (hooks) => {
    hooks.removeContentTypeParser('application/json')
    hooks.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
    hooks.post('/hooks', () => stage.hooks())
  })
  app.get('/open', { config: { tenancy: false } }, async () => stage.open())
  app.get('/open-stream', { config: { tenancy: false } }, (_, reply) =>
    reply.type('text/plain').send(Readable.from(stage.openStream())),
  )
}
