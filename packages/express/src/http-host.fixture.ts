import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import express from 'express'
import type { ErrorRequestHandler, Express, Request, RequestHandler } from 'express'
import type { HttpHost, HttpStage } from '@partywall/testing/http-contract'
import { keepResponses, notFound, partywall, permission, problems } from './index.ts'

/** A host of the suites. */
export async function startHttpHost(stage: HttpStage): Promise<HttpHost> {
  const app = express()
  const users = new WeakMap<Request, string>()
  app.use(keepResponses())
  app.use((request, response, next) => {
    const path = request.path
    response.on('finish', () => stage.responded(path, request.headers))
    const user = stage.authenticate(request.headers)
    if (user !== undefined) users.set(request, user)
    next()
  })
  app.get('/open', (_, response) => void response.json(stage.open()))
  app.get('/open-stream', (_, response) => void Readable.from(stage.openStream()).pipe(response))
  app.use('/hooks', express.raw({ type: () => true }))
  const { tenancy, directory, prefix, bodyLimitBytes, reference } = stage
  app.use(
    partywall({
      tenancy,
      directory,
      claim: (request) => stage.claim(request, users.get(request)),
      routes: [stage.routes],
      prefix,
      bodyLimitBytes,
      reference,
    }),
  )
  addRoutes(app, stage)
  app.use(notFound())
  app.use(problems())
  app.use(answerError)
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function addRoutes(app: Express, stage: HttpStage): void {
  const answer =
    (work: () => Promise<unknown>): RequestHandler =>
    async (_, response) =>
      void response.json(await work())
  for (const name of ['projects', 'later', 'fails', 'conflict', 'fault', 'background'] as const)
    app.get(
      `/${name}`,
      answer(() => stage[name]()),
    )
  app.post(
    '/projects',
    permission('projects:write'),
    express.json(),
    answer(() => stage.projects()),
  )
  app.post(
    '/hooks',
    answer(() => stage.hooks()),
  )
  app.get('/stream', (_, response) => void Readable.from(stage.stream()).pipe(response))
  app.post('/upload', async (request, response) => void response.json(await stage.upload(request)))
}

const answerError: ErrorRequestHandler = (error: Error & { statusCode?: number }, _request, response, _next) => {
  response.status(error.statusCode ?? 500).json({ message: error.message })
}
