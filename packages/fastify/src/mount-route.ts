import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import { runRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'

/** Registers a route as one of the host's own, so that it appears in the host's API description. */
export function mountRoute(app: FastifyInstance, route: Route, userIdOf: (request: FastifyRequest) => unknown): void {
  const { method, path: url, permission, status = 200 } = route
  app.route({
    method,
    url,
    schema: describe(route, status),
    // The schemas of the route decide; what Fastify is given describes them. The host may have compilers of its own.
    validatorCompiler: () => () => true,
    serializerCompiler: () => (answer) => JSON.stringify(answer),
    config: {
      ...(route.scope === 'user' ? { tenancy: false } : {}),
      ...(permission === undefined ? {} : { permission }),
    },
    handler: async (request, reply) => {
      const { params, query, body } = request
      const tenant = request.tenancy ?? undefined
      const userId = tenant?.actor?.id ?? requireUser(await userIdOf(request))
      const answer = await runRoute(route, { userId, tenant }, { params, query, body })
      return reply.status(status).send(answer)
    },
  })
}

function requireUser(userId: unknown): string {
  if (typeof userId === 'string' && userId !== '') return userId
  throw new TenancyError('UNAUTHENTICATED', 'The request names no user. Authenticate, then ask again.')
}

function describe(route: Route, status: number): FastifySchema & { summary: string; tags: string[] } {
  const part = (key: string, schema: z.ZodType, io: 'input' | 'output'): object =>
    schema instanceof z.ZodUnknown ? {} : { [key]: z.toJSONSchema(schema, { target: 'draft-7', io }) }
  return {
    summary: route.summary,
    tags: [route.tag],
    ...part('params', route.params, 'input'),
    ...part('querystring', route.query, 'input'),
    ...part('body', route.body, 'input'),
    response: part(String(status), route.response, 'output'),
  }
}
