import { randomUUID } from 'node:crypto'
import { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance, FastifyServerOptions } from 'fastify'
import fp from 'fastify-plugin'
import { createLog, type LogOptions } from 'host-parts-example'

/** What Fastify is created with. The id of a request is made here: one that a client sends would write into the log. */
export function serverSettings(log: LogOptions): FastifyServerOptions & { loggerInstance: FastifyBaseLogger } {
  return {
    loggerInstance: createLog(log),
    // Fastify's own lines have the whole URL; see `requestLog`.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    // What came on a connection that was open is answered, also while the server closes.
    return503OnClosing: false,
  }
}

/** A line for each request: the route and not the URL, in which anything may stand. */
export const requestLog: (app: FastifyInstance) => Promise<void> = fp(
  async (app: FastifyInstance) => {
    app.addHook('onResponse', async (request, reply) => {
      const { method, routeOptions } = request
      const durationMs = Math.round(reply.elapsedTime * 10) / 10
      request.log.info({ method, route: routeOptions.url, status: reply.statusCode, durationMs }, 'answered')
    })
  },
  { name: 'flakeguard-request-log' },
)
