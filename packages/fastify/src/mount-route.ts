import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import * as z from 'zod'
import {
  allowedMethods,
  answerProblem,
  createRouteAnswerer,
  defaultBodyLimit,
  methodNotAllowed,
  permissionAtAdmission,
  referencePages,
  requestFault,
  routeNotFound,
  withOwnReplays,
} from '@partywall/tenancy-core/http'
import type { Answer, AnswerRoute, MountOptions, Route } from '@partywall/tenancy-core/http'

/** Of the routes that are mounted here, and not the service's own. */
export const mountedSchemas: WeakSet<FastifySchema> = new WeakSet()

/** Registers routes below the prefix, with an answer for paths and methods that none of them has. */
export async function mountRoutes(app: FastifyInstance, options: MountOptions<FastifyRequest>): Promise<void> {
  const { prefix = '' } = options
  const routes = options.routes?.flat() ?? []
  const answer = withOwnReplays(createRouteAnswerer(options), options)
  for (const route of routes) mountRoute(app, { route, answer }, options)
  for (const page of referencePages(options)) {
    // Not an operation of the API itself.
    const schema: FastifySchema & { readonly hide: true } = { hide: true }
    app.get(page.path, { schema, config: { tenancy: false } }, (_, reply) => sendAnswer(reply, page.answer()))
  }
  // Without a prefix the answer to unknown paths is the host's own.
  if (prefix === '') return
  app.setNotFoundHandler(async (request, reply) => {
    const path = new URL(request.url, 'http://host').pathname
    const allow = allowedMethods(routes, path.slice(app.prefix.length))
    const error = allow === undefined ? routeNotFound() : methodNotAllowed(request.method)
    return sendAnswer(reply, answerProblem(error, { requestId: request.id, allow }))
  })
}

/** Registers a route as one of the host's own, so that it appears in the host's API description. */
function mountRoute(
  app: FastifyInstance,
  { route, answer }: { readonly route: Route; readonly answer: AnswerRoute },
  options: MountOptions<FastifyRequest>,
): void {
  const { method, path: url, status = 200 } = route
  const permission = permissionAtAdmission(route)
  const schema = describe(route, status)
  mountedSchemas.add(schema)
  app.route({
    method,
    url,
    bodyLimit: options.bodyLimitBytes ?? defaultBodyLimit,
    schema,
    // The schemas of the route decide; what Fastify is given describes them. The host may have compilers of its own.
    validatorCompiler: () => () => true,
    // Never asked, since answers are bytes: a compiler could trip over a schema that it does not know.
    serializerCompiler: () => (data) => JSON.stringify(data),
    config: {
      ...(route.scope === 'user' ? { tenancy: false } : {}),
      ...(permission === undefined ? {} : { permission }),
    },
    errorHandler: (error, request, reply) => {
      const answered = answerProblem(requestFault(error), { requestId: request.id })
      // What the caller is not told.
      if (answered.status >= 500) request.log.error(error)
      return sendAnswer(reply, answered)
    },
    handler: async (request, reply) => {
      const { headers, params, query, body } = request
      const tenancy = request.tenancy ?? undefined
      const userId = tenancy === undefined ? (await options.claim(request))?.userId : undefined
      return sendAnswer(reply, await answer(route, { headers, params, query, body, userId, tenancy }))
    },
  })
}

/** As bytes: a response schema of the route would leave out the members that it does not know. */
export function sendAnswer(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply
    .status(status)
    .headers(headers)
    .send(body === undefined ? undefined : Buffer.from(body))
}

function describe(route: Route, status: number): FastifySchema & { summary: string; tags: string[] } {
  const part = (key: string, schema: z.ZodType, io: 'input' | 'output'): object =>
    schema instanceof z.ZodUnknown
      ? {}
      : { [key]: z.toJSONSchema(schema, { target: 'draft-7', io, unrepresentable: 'any' }) }
  return {
    summary: route.summary,
    tags: [route.tag],
    ...part('params', route.params, 'input'),
    ...part('querystring', route.query, 'input'),
    ...part('body', route.body, 'input'),
    response: part(String(status), route.response, 'output'),
  }
}
