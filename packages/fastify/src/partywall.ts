import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { isTenancyError } from '@partywall/tenancy-core'
import type { TenancyError } from '@partywall/tenancy-core'
import { admitRequest, answerProblem, keepContext } from '@partywall/tenancy-core/http'
import type { MountOptions, Permission, RequestTenancy } from '@partywall/tenancy-core/http'
import { mountRoutes, sendAnswer } from './mount-route.ts'

/** Options of {@link partywall}. The claim is read after every `onRequest` and `preValidation` hook. */
export type PartywallOptions = MountOptions<FastifyRequest>

declare module 'fastify' {
  interface FastifyRequest {
    /** The tenant of the request; `null` before the handler's hooks and on routes with `config: { tenancy: false }`. */
    tenancy: RequestTenancy | null
  }
  interface FastifyContextConfig {
    /** `false` for a route that belongs to no organization. @defaultValue true */
    tenancy?: boolean
    /** What the role of the member must include: `resource:action`. @defaultValue nothing */
    permission?: Permission
  }
}

/**
 * Opens the tenant scope of every request, save on routes with `config: { tenancy: false }`. Register it after the host's
 * own authentication and before its routes. It works in a `preHandler` hook: `onRequest` and `preValidation` hooks, and
 * `preHandler` hooks that were added before, have run and may have set the user; later hooks, the handler, serialization,
 * streamed answers and `onResponse` hooks run inside the scope. `preHandler` hooks of a single route run after it, too
 * late to authenticate.
 *
 * An unknown organization and one that the user is not in get the same 404. Errors of Partywall are answered as
 * `application/problem+json`; all others go to the error handlers of the host.
 *
 * @example
 * ```ts
 * await app.register(partywall, {
 *   tenancy, directory: organizations,
 *   claim: async (request) => ({ userId: await userOf(request), organization: request.headers['x-organization'] }),
 * })
 * app.get('/repositories', { config: { permission: 'repositories:read' } }, () => listRepositories())
 * const { statusCode } = await app.inject({ url: '/repositories', headers: request.headers }) // { statusCode: 200 }
 * ```
 */
export const partywall: (app: FastifyInstance, options: PartywallOptions) => Promise<void> = fp(register, {
  name: '@partywall/fastify',
  fastify: '5.x',
})

async function register(app: FastifyInstance, options: PartywallOptions): Promise<void> {
  app.decorateRequest('tenancy', null)
  app.addHook('onRoute', answerProblems)
  // Before everything else, for requests that a hook of the host answers before they come to this one.
  app.server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => keepContext(response))
  app.addHook('preHandler', (request, reply, next) => {
    if (!request.is404 && request.routeOptions.config.tenancy !== false) {
      void openScope({ request, reply, next }, options)
      return
    }
    keepContext(reply.raw)
    next()
  })
  const { prefix = '' } = options
  await app.register((api) => mountRoutes(api, options), { prefix })
}

interface Arrival {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly next: (error?: Error) => void
}

/** The rest of the request is started inside of `run()`: after an awaited hook it would go on outside. */
async function openScope({ request, reply, next }: Arrival, options: PartywallOptions): Promise<void> {
  try {
    request.tenancy = await authorizeRequest(request, options)
  } catch (error) {
    keepContext(reply.raw)
    if (!isTenancyError(error)) return next(error as Error)
    sendProblem(error, request, reply)
    return
  }
  options.tenancy.run(request.tenancy, () => {
    keepContext(request.raw, reply.raw)
    next()
  })
}

async function authorizeRequest(request: FastifyRequest, options: PartywallOptions): Promise<RequestTenancy> {
  const { directory } = options
  const { permission } = request.routeOptions.config
  return await admitRequest({ directory, claim: await options.claim(request), permission })
}

/** Sets the route's own handler, which is asked first and passes on what it does not know, whenever the host sets its. */
function answerProblems(route: RouteOptions): void {
  const own = route.errorHandler
  // A rejection, since Fastify would take a value that is thrown, when it is no Error, for an answer.
  const pass = async (error: unknown): Promise<never> => {
    throw error
  }
  route.errorHandler = (error, request, reply) => {
    if (isTenancyError(error)) return sendProblem(error, request, reply)
    return own === undefined ? pass(error) : own.call(request.server, error, request, reply)
  }
}

function sendProblem(error: TenancyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = answerProblem(error, { requestId: request.id })
  if (answer.status >= 500) request.log.error(error)
  return sendAnswer(reply, answer)
}
