import * as z from 'zod'
import { TenancyError } from '../tenancy-error.ts'
import type { TenantScope } from '../scope.ts'
import type { PgTransaction } from '../transaction/caller-transaction.ts'
import type { Permission } from './permission.ts'
import type { ListDescription, Page } from './route-list.ts'

/** Who calls a route, and where: authorized already. */
export interface RouteContext {
  /** The user, by the id in the host's own table; of a program `api-key:` and the id of its key: see `tenant.actor`. */
  readonly userId: string
  /** The organization of the request; `undefined` on routes that belong to a person. */
  readonly tenant: TenantScope | undefined
  /** On routes with `list`: which part of it. */
  readonly page?: Page | undefined
  /** On routes with `ifMatch`: the version that the caller has seen; `undefined` for any. */
  readonly expectedVersion?: string | undefined
  /** On routes with `idempotent`: write in it, and nowhere else. */
  readonly transaction?: PgTransaction | undefined
}

/** What came with a request: not parsed yet, or as the schemas of the route leave it. */
export interface RouteInput<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
}

interface RouteDescription {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With `:name` for parameters: `/members/:userId`. */
  readonly path: `/${string}`
  /** One line for the API's reference. */
  readonly summary: string
  /** The group in the API's reference. */
  readonly tag: string
  /** What clients that are generated call it. @defaultValue method and path: `getMembersUserId` */
  readonly operationId?: string | undefined
  /** More than the summary holds, for the API's reference. */
  readonly description?: string | undefined
  /** The codes that the handler refuses with, for the API's reference: those of the core are known from the rest. */
  readonly refusals?: readonly string[] | undefined
  /** `organization`: inside one, for its members. `user`: for a person who has signed in, in no organization. */
  readonly scope: 'organization' | 'user'
  /** Asked of the member's role before the handler. */
  readonly permission?: Permission | undefined
  /** Lists a page at a time, with signed cursors: `response` describes one item, and the handler gives an array of them. */
  readonly list?: ListDescription | undefined
  /** The version of what is answered, sent as `ETag`. */
  readonly version?: ((output: never) => string) | undefined
  /** Whether a change may, or has to, say which version it changes. @defaultValue it cannot */
  readonly ifMatch?: 'required' | 'optional' | undefined
  /**
   * Takes `Idempotency-Key`: the answer is kept in the transaction of the effect, and given again when the request is
   * repeated. Only inside an organization. @defaultValue false
   */
  readonly idempotent?: boolean | undefined
  /**
   * Where what was made is from then on, sent as `Location`: relative to the path of the request, so that it holds wherever the
   * routes are mounted. `../invitations/42`
   */
  readonly location?: ((output: never) => string) | undefined
  /** The status of success. @defaultValue 200 */
  readonly status?: number | undefined
  /** What is answered. */
  readonly response: z.ZodType
}

/** A route as data, for any adapter to mount. */
export interface Route extends RouteDescription {
  readonly params: z.ZodType
  readonly query: z.ZodType
  readonly body: z.ZodType
  /** Given what the schemas of the route let through. */
  readonly handler: (context: RouteContext, input: RouteInput) => Promise<unknown>
}

/** A route with the types of its own schemas. */
export interface TypedRoute<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
> extends RouteDescription {
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly handler: (
    context: RouteContext,
    input: RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Promise<unknown>
}

/**
 * Describes a route: the handler takes what its schemas give. A part without a schema is not read.
 *
 * @example
 * ```ts
 * const rename = defineRoute({
 *   method: 'PUT', path: '/projects/:id', summary: 'Renames a project', tag: 'Projects',
 *   scope: 'organization', permission: 'projects:update',
 *   params: z.object({ id: z.string() }),
 *   body: z.object({ name: z.string() }),
 *   response: z.object({ id: z.string(), name: z.string() }),
 *   handler: async (_, { params, body }) => ({ id: params.id, name: body.name }),
 * })
 * await app.register(partywall, { tenancy, directory, claim, routes: [[rename]] })
 * ```
 */
export function defineRoute<
  Params extends z.ZodType = z.ZodUnknown,
  Query extends z.ZodType = z.ZodUnknown,
  Body extends z.ZodType = z.ZodUnknown,
>(route: TypedRoute<Params, Query, Body>): Route {
  const unread = z.unknown()
  const { params = unread, query = unread, body = unread } = route
  return Object.freeze({ ...route, params, query, body, handler: route.handler as Route['handler'] })
}

/**
 * Checks the input, runs the handler, and lets out only what the response of the route describes.
 *
 * @throws {TenancyError} `REQUEST_INVALID` when the input does not fit, with every problem in `details.issues`.
 *
 * @example
 * ```ts
 * const context = { userId: '1', tenant: { organizationId } }
 * await runRoute(route, context, { params: {}, query: {}, body: undefined }) // [{ name: 'web' }]
 * ```
 */
export async function runRoute(route: Route, context: RouteContext, input: RouteInput): Promise<unknown> {
  return describedOutput(route, await route.handler(context, parseRouteInput(route, input)))
}

/** Only what the response of the route describes, item by item on lists. */
export function describedOutput(route: Route, output: unknown): unknown {
  return route.list === undefined ? route.response.parse(output) : z.array(route.response).parse(output)
}

/** @throws {TenancyError} `REQUEST_INVALID` when the input does not fit, with every problem in `details.issues`. */
export function parseRouteInput(route: Route, input: RouteInput): RouteInput {
  const parsed = z.object({ params: route.params, query: route.query, body: route.body }).safeParse(input)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => ({
    path: path.join('.'),
    pointer: path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    message,
  }))
  const list = issues.map(({ path, message }) => `${path}: ${message}`).join('; ')
  throw new TenancyError('REQUEST_INVALID', `The request is not valid. ${list}.`, {
    details: { issues },
    cause: parsed.error,
  })
}
