import type { ErrorRequestHandler, RequestHandler } from 'express'
import { isTenancyError } from '@partywall/tenancy-core'
import { keepContext, routeNotFound } from '@partywall/tenancy-core/http'
import { sendProblem } from './send-answer.ts'

/**
 * An error handler for behind the routes: answers errors of Partywall as `application/problem+json`, and passes all
 * others on to the error handlers of the host.
 *
 * @example
 * ```ts
 * app.use(notFound())
 * app.use(problems())
 * ```
 */
export function problems(): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  // oxlint-disable-next-line max-params
  return (error: unknown, request, response, next) => {
    if (!isTenancyError(error) || response.headersSent) return next(error)
    sendProblem(error, { request, response })
  }
}

/**
 * Answers 404 as a problem: for behind the last route.
 *
 * @example
 * ```ts
 * app.get('/repositories', permission('repositories:read'), listRepositories)
 * app.use(notFound())
 * ```
 */
export function notFound(): RequestHandler {
  return (request, response) => sendProblem(routeNotFound(), { request, response })
}

/**
 * Keeps the listeners of each response in the context of its own request: for in front of everything else, where a client
 * may send its next request before the first is answered. `partywall()` does it for requests that reach it; without this,
 * a streamed answer of a route in front of it could go on in the organization of the request before.
 *
 * @example
 * ```ts
 * app.use(keepResponses())
 * app.use(partywall({ tenancy, directory, claim }))
 * ```
 */
export function keepResponses(): RequestHandler {
  return (_, response, next) => {
    keepContext(response)
    next()
  }
}
