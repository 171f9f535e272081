import { randomUUID } from 'node:crypto'
import type { RequestHandler } from 'express'
import type { Logger } from 'pino'

declare global {
  namespace Express {
    interface Request {
      /** The log, with the id of the request in each line. */
      log: Logger
      /** Made here: one that a client sends would write into the log. */
      id: string
    }
  }
}

/** A line for each request: the route and not the URL, in which anything may stand. */
export function requestLog(log: Logger): RequestHandler {
  return (request, response, next) => {
    const began = performance.now()
    request.id = randomUUID()
    request.log = log.child({ requestId: request.id })
    response.once('finish', () => {
      const { method, baseUrl, tenancy } = request
      const { path } = (request.route ?? {}) as { path?: string }
      const route = path === undefined ? undefined : baseUrl + path
      const organizationId = tenancy?.organizationId
      const durationMs = Math.round((performance.now() - began) * 10) / 10
      request.log.info({ organizationId, method, route, status: response.statusCode, durationMs }, 'answered')
    })
    next()
  }
}
