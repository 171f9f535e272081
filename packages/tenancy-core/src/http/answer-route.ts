import * as z from 'zod'
import type { Tenancy } from '../tenancy.ts'
import { TenancyError } from '../tenancy-error.ts'
import { createCursors, cursorInvalid } from './cursor.ts'
import type { CursorBinding, Cursors } from './cursor.ts'
import { unauthenticated } from './find-caller.ts'
import { answerOnce } from './idempotency.ts'
import { expectedVersion, isCurrent } from './precondition.ts'
import { problemOf } from './problem.ts'
import type { RequestTenancy } from './request-tenancy.ts'
import { limitsOf } from './route-list.ts'
import type { ListDescription, Page } from './route-list.ts'
import { describedOutput, parseRouteInput } from './route.ts'
import type { Route, RouteContext } from './route.ts'

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

/** Answers requests on routes. What it throws is for `answerProblem`. */
export type AnswerRoute = (route: Route, request: RouteRequest) => Promise<Answer>

/**
 * What answers the requests on mounted routes. For adapters: created once, with the options of the host.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` for a cursor key that is too short. The answerer throws
 * `UNAUTHENTICATED`, `CONTENT_TYPE_UNSUPPORTED`, `REQUEST_INVALID`, `CURSOR_INVALID`, `PRECONDITION_REQUIRED`,
 * `PRECONDITION_FAILED`, `IDEMPOTENCY_KEY_INVALID`, `IDEMPOTENCY_KEY_REUSED`, `IDEMPOTENCY_KEY_BUSY`, and what the handler
 * throws.
 *
 * @example
 * ```ts
 * const answer = createRouteAnswerer({ tenancy })
 * const { status, body } = await answer(route, request) // { status: 200, body: '[{"name":"web"}]' }
 * ```
 */
export function createRouteAnswerer(options: {
  readonly tenancy: Pick<Tenancy, 'pool'>
  readonly cursorKey?: string | undefined
  readonly schema?: string | undefined
}): AnswerRoute {
  const { tenancy, schema = 'partywall' } = options
  const cursors = createCursors(options.cursorKey)
  return async (route, request) => {
    const { headers } = request
    const userId = request.tenancy === undefined ? requireUser(request.userId) : callerIdOf(request.tenancy)
    if (!(route.body instanceof z.ZodUnknown)) assertJson(headers['content-type'])
    const { list, rest } = splitQuery(route, request.query)
    const input = parseRouteInput(route, { params: request.params, query: rest, body: request.body })
    const binding = bindingOf(route, {
      owner: request.tenancy?.organizationId ?? `user:${userId}`,
      filter: input.query,
    })
    const page = route.list === undefined ? undefined : readPage(route.list, { cursors, binding, asked: list })
    const context = {
      userId,
      tenant: request.tenancy,
      page,
      expectedVersion: expectedVersion(route, headers['if-match']),
    }
    const work = async (transaction?: RouteContext['transaction']): Promise<Answer> => {
      const output = await route.handler({ ...context, transaction }, input)
      return describeAnswer(route, output, { cursors, binding, page, ifNoneMatch: headers['if-none-match'] })
    }
    if (route.idempotent !== true || request.tenancy === undefined) return await work()
    const key = headers['idempotency-key']
    return await answerOnce({ tenancy, schema, userId, key, request: [binding.route, input] }, work)
  }
}

/**
 * Answers any error with its problem document.
 *
 * @example
 * ```ts
 * const { status, headers, body } = answerProblem(error, { requestId: request.id })
 * response.writeHead(status, headers).end(body)
 * status // 404
 * ```
 */
export function answerProblem(
  error: unknown,
  context: { readonly requestId?: string | undefined; readonly allow?: string | undefined } = {},
): Answer {
  const { status, contentType, body } = problemOf(error, context.requestId)
  const allow = context.allow === undefined ? {} : { allow: context.allow }
  const retry = status === 503 ? { 'retry-after': '1' } : {}
  return { status, headers: { 'content-type': contentType, ...allow, ...retry }, body: JSON.stringify(body) }
}

function bindingOf(
  { method, path, list }: Route,
  { owner, filter }: { owner: string; filter: unknown },
): CursorBinding {
  return { owner, route: `${method} ${path}`, filter, sort: list?.sort ?? '' }
}

interface Asked {
  readonly cursor?: unknown
  readonly limit?: unknown
}

/** On lists `cursor` and `limit` are the core's own; the rest is what the schema of the route describes. */
function splitQuery(route: Route, query: unknown): { readonly list: Asked; readonly rest: unknown } {
  if (route.list === undefined) return { list: {}, rest: query }
  const { cursor, limit, ...rest } = query as Record<string, unknown>
  return { list: { cursor, limit }, rest: route.query instanceof z.ZodUnknown ? {} : rest }
}

function readPage(
  list: ListDescription,
  { cursors, binding, asked }: { cursors: Cursors; binding: CursorBinding; asked: Asked },
): Page {
  const { max, default: standard } = limitsOf(list)
  const limit = z.coerce.number().int().min(1).max(max).default(standard)
  const query = z.object({ limit, cursor: z.string().optional() })
  const route = { query, params: z.unknown(), body: z.unknown() } as unknown as Route
  const parsed = parseRouteInput(route, { params: {}, query: asked, body: {} }).query as z.output<typeof query>
  if (parsed.cursor === undefined) return { take: parsed.limit + 1, after: undefined }
  const position = list.position.safeParse(cursors.read(parsed.cursor, binding))
  if (!position.success) throw cursorInvalid()
  return { take: parsed.limit + 1, after: position.data }
}

interface Circumstances {
  readonly cursors: Cursors
  readonly binding: CursorBinding
  readonly page: Page | undefined
  readonly ifNoneMatch: unknown
}

const json = { 'content-type': 'application/json; charset=utf-8' }

function describeAnswer(route: Route, output: unknown, { ifNoneMatch, ...paging }: Circumstances): Answer {
  const status = route.status ?? 200
  if (status === 204) return { status, headers: {} }
  if (paging.page !== undefined) return { status, headers: json, body: JSON.stringify(pageOf(route, output, paging)) }
  const body = JSON.stringify(describedOutput(route, output))
  const location = route.location === undefined ? {} : { location: route.location(output as never) }
  if (route.version === undefined) return { status, headers: { ...json, ...location }, body }
  const etag = `"${route.version(output as never)}"`
  if (route.method === 'GET' && isCurrent(etag, ifNoneMatch)) return { status: 304, headers: { etag } }
  return { status, headers: { ...json, ...location, etag }, body }
}

function pageOf(route: Route, output: unknown, { page, cursors, binding }: Omit<Circumstances, 'ifNoneMatch'>): object {
  const limit = (page?.take ?? 0) - 1
  const found = output as readonly never[]
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : undefined
  const nextCursor = last === undefined ? null : cursors.write(route.list?.positionOf(last), binding)
  return { items: describedOutput(route, items), nextCursor }
}

function requireUser(userId: unknown): string {
  if (typeof userId === 'string' && userId !== '') return userId
  throw unauthenticated()
}

/** A key that happens to be called as a user must not be taken for the user, nor get the answers that are kept for them. */
function callerIdOf({ actor }: RequestTenancy): string {
  if (actor === undefined) throw unauthenticated()
  return actor.type === 'user' ? actor.id : `${actor.type}:${actor.id}`
}

function assertJson(type: unknown): void {
  if (type === undefined || (typeof type === 'string' && /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type))) return
  throw new TenancyError(
    'CONTENT_TYPE_UNSUPPORTED',
    'The body is not JSON. Send it with the content type application/json.',
  )
}
