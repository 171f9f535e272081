import * as z from 'zod'
import { TenancyError } from '../tenancy-error.ts'
import { problemOf } from './problem.ts'
import type { RequestTenancy } from './request-tenancy.ts'
import { runRoute } from './route.ts'
import type { Route } from './route.ts'

/** A request as an adapter hands it over: plain data. */
export interface RouteRequest {
  /** Names in lower case, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly params: unknown
  readonly query: unknown
  /** Parsed already. */
  readonly body: unknown
  /** The user of the claim. */
  readonly userId: unknown
  /** What the request was admitted to; `undefined` on routes of a person. */
  readonly tenancy: RequestTenancy | undefined
}

/** A response as an adapter sends it: plain data. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Absent where the response has no content. */
  readonly body?: string
}

/**
 * Answers a request on a mounted route. For adapters: whatever it throws is for `answerProblem`.
 *
 * @throws {TenancyError} `UNAUTHENTICATED`, `CONTENT_TYPE_UNSUPPORTED`, `REQUEST_INVALID`, and what the handler throws.
 */
export async function answerRoute(route: Route, request: RouteRequest): Promise<Answer> {
  const { params, query, body, tenancy } = request
  const userId = tenancy?.actor?.id ?? requireUser(request.userId)
  if (!(route.body instanceof z.ZodUnknown)) assertJson(request.headers['content-type'])
  const output = await runRoute(route, { userId, tenant: tenancy }, { params, query, body })
  const status = route.status ?? 200
  if (status === 204) return { status, headers: {} }
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(output) }
}

/**
 * Answers any error with its problem document.
 *
 * @example
 * ```ts
 * const { status, headers, body } = answerProblem(error, { requestId: request.id })
 * response.writeHead(status, headers).end(body)
 * ```
 */
export function answerProblem(
  error: unknown,
  context: { readonly requestId?: string | undefined; readonly allow?: string | undefined } = {},
): Answer {
  const { status, contentType, body } = problemOf(error, context.requestId)
  const allow = context.allow === undefined ? {} : { allow: context.allow }
  return { status, headers: { 'content-type': contentType, ...allow }, body: JSON.stringify(body) }
}

function requireUser(userId: unknown): string {
  if (typeof userId === 'string' && userId !== '') return userId
  throw new TenancyError('UNAUTHENTICATED', 'The request names no user. Authenticate, then ask again.')
}

function assertJson(type: unknown): void {
  if (type === undefined || (typeof type === 'string' && /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type))) return
  throw new TenancyError(
    'CONTENT_TYPE_UNSUPPORTED',
    'The body is not JSON. Send it with the content type application/json.',
  )
}
