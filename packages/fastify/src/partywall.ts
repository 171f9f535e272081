import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { isTenancyError } from '@partywall/tenancy-core'
import type { Tenancy, TenancyError, TenantScope } from '@partywall/tenancy-core'
import { assertPermission, authorize, problemOf } from '@partywall/tenancy-core/http'
import type { Directory, Membership, Permission, Route } from '@partywall/tenancy-core/http'
import { keepContext } from './keep-context.ts'
import { mountRoute } from './mount-route.ts'

/** What a request says of itself. Anything but a text counts as not said. */
export interface RequestClaim {
  /** The user whom the host's own authentication has verified, by the id in its table. */
  readonly userId?: string | null | undefined
  /** The slug or the id of the organization that the request is about: a header, a subdomain, a part of the path. */
  readonly organization?: string | readonly string[] | null | undefined
}

/** Options of {@link partywall}. */
export interface PartywallOptions {
  readonly tenancy: Tenancy
  /** Who is a member of what, asked at every request: `createOrganizations(tenancy)`. */
  readonly directory: Directory
  /** Reads the claim of a request. Called after every `onRequest` and `preValidation` hook. */
  readonly claim: (request: FastifyRequest) => RequestClaim | Promise<RequestClaim>
  /** Lists of routes to mount where the plugin is registered. @defaultValue none */
  readonly routes?: readonly (readonly Route[])[] | undefined
}

/** The organization of a request, and what the caller is in it. */
export interface RequestTenancy extends TenantScope {
  readonly membership: Membership
}

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
 *   claim: (request) => ({ userId: request.user?.id, organization: request.headers['x-organization'] }),
 * })
 * app.get('/repositories', { config: { permission: 'repositories:read' } }, () => listRepositories())
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
    keepContext(reply.raw)
    if (request.is404 || request.routeOptions.config.tenancy === false) return next()
    void openScope({ request, reply, next }, options)
  })
  const userIdOf = async (request: FastifyRequest): Promise<unknown> => (await options.claim(request)).userId
  for (const route of options.routes?.flat() ?? []) mountRoute(app, route, userIdOf)
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
    if (!isTenancyError(error)) return next(error as Error)
    sendProblem(error, request, reply)
    return
  }
  options.tenancy.run(request.tenancy, () => {
    keepContext(request.raw)
    keepContext(reply.raw)
    next()
  })
}

async function authorizeRequest(request: FastifyRequest, options: PartywallOptions): Promise<RequestTenancy> {
  const { userId, organization } = await options.claim(request)
  let membership: Membership | undefined
  const directory: Directory = {
    findMembership: async (asked) => (membership = await options.directory.findMembership(asked)),
  }
  const scope = await authorize(directory, { userId: textOf(userId), organization: textOf(organization) })
  const { permission } = request.routeOptions.config
  const found = membership as unknown as Membership
  if (permission !== undefined) assertPermission(found.role, permission)
  return Object.freeze({ ...scope, membership: found })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
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
  const { status, contentType, body } = problemOf(error)
  if (status >= 500) request.log.error(error)
  // As bytes: a response schema of the route would leave out the members that it does not know.
  return reply
    .status(status)
    .type(contentType)
    .send(Buffer.from(JSON.stringify(body)))
}
