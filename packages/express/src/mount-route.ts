import { Router, json } from 'express'
import type { ErrorRequestHandler, Request, RequestHandler } from 'express'
import {
  allowedMethods,
  createRouteAnswerer,
  defaultBodyLimit,
  methodNotAllowed,
  permissionAtAdmission,
  referencePages,
  requestFault,
  withOwnReplays,
} from '@partywall/tenancy-core/http'
import type { AnswerRoute, MountOptions, Permission, Route } from '@partywall/tenancy-core/http'
import { sendAnswer, sendProblem } from './send-answer.ts'

type Guard = (permission: Permission | undefined) => RequestHandler

/** A router with the routes, and an answer for methods that none of them has. */
export function mountRoutes(options: MountOptions<Request>, guard: Guard): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const routes = options.routes?.flat() ?? []
  const parse = json({ limit: options.bodyLimitBytes ?? defaultBodyLimit, strict: false, type: isJson })
  const answer = withOwnReplays(createRouteAnswerer(options), options)
  for (const page of referencePages(options))
    router.get(page.path, (_, response) => sendAnswer(response, page.answer()))
  for (const route of routes) {
    const method = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'
    const guards = route.scope === 'user' ? [] : [guard(permissionAtAdmission(route))]
    router[method](route.path, ...guards, parse, handle({ route, answer }, options))
  }
  router.use((request, response, next) => {
    const allow = allowedMethods(routes, request.path)
    // Whoever answers preflight requests for the host may stand behind.
    if (allow === undefined || request.method === 'OPTIONS') return next()
    sendProblem(methodNotAllowed(request.method), { request, response, allow })
  })
  router.use(answerError)
  return router
}

function handle(
  { route, answer }: { readonly route: Route; readonly answer: AnswerRoute },
  options: MountOptions<Request>,
): RequestHandler {
  return async (request, response) => {
    const { headers, params, query, tenancy } = request
    const body: unknown = request.body
    const userId = tenancy === undefined ? (await options.claim(request))?.userId : undefined
    sendAnswer(response, await answer(route, { headers, params, query, body, userId, tenancy }))
  }
}

/** Of the routes above: bodies and paths that cannot be read, and what handlers throw. */
// Express knows an error handler by its four parameters.
// oxlint-disable-next-line max-params
const answerError: ErrorRequestHandler = (error, request, response, next) => {
  if (response.headersSent) return next(error)
  sendProblem(requestFault(error), { request, response })
}

function isJson({ headers }: { headers: { 'content-type'?: string | undefined } }): boolean {
  return /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(headers['content-type'] ?? '')
}
