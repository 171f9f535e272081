import { STATUS_CODES } from 'node:http'
import { isTenancyError } from '../tenancy-error.ts'
import type { ErrorCode } from '../error-codes.ts'

/** An error as an HTTP response, after RFC 9457. */
export interface Problem {
  readonly status: number
  readonly contentType: 'application/problem+json'
  readonly body: {
    readonly type: string
    readonly title: string
    readonly status: number
    /** The code that programs match on. */
    readonly code: string
    /** What the reader can do about it. Absent where it would tell internals. */
    readonly detail?: string
    /** The request, as the log of the service names it. */
    readonly requestId?: string
    /** What is wrong with the input, each with a JSON pointer into `{ params, query, body }`. */
    readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  }
}

/** Raised by `@partywall/organizations`, which is not imported here. */
type OrganizationCode =
  | 'ACTOR_NOT_MEMBER'
  | 'ACTOR_REQUIRED'
  | 'API_KEY_EXCEEDS_ROLE'
  | 'API_KEY_INVALID'
  | 'API_KEY_UNKNOWN'
  | 'DOMAIN_ASKS_FOR_INVITATION'
  | 'DOMAIN_EXISTS'
  | 'DOMAIN_INVALID'
  | 'DOMAIN_LOOKUP_FAILED'
  | 'DOMAIN_NOT_JOINABLE'
  | 'DOMAIN_ROLE_TOO_HIGH'
  | 'DOMAIN_TAKEN'
  | 'DOMAIN_UNKNOWN'
  | 'DOMAIN_UNPROVEN'
  | 'EMAIL_UNVERIFIED'
  | 'INVITATION_INVALID'
  | 'INVITATION_OTHER_ADDRESS'
  | 'INVITATION_PENDING'
  | 'INVITATION_UNKNOWN'
  | 'INVITATION_UNUSABLE'
  | 'LAST_OWNER'
  | 'MEMBER_EXISTS'
  | 'MEMBER_INVALID'
  | 'MEMBER_PENDING'
  | 'MEMBER_UNKNOWN'
  | 'ORGANIZATION_CHANGED'
  | 'ORGANIZATION_GITHUB_LOGIN_TAKEN'
  | 'ORGANIZATION_INVALID'
  | 'ORGANIZATION_NOT_DELETED'
  | 'ORGANIZATION_SLUG_TAKEN'
  | 'ORGANIZATION_TOO_EARLY'
  | 'ORGANIZATION_UNKNOWN'
  | 'RANK_TOO_LOW'
  | 'ROLE_INVALID'
  | 'ROLE_IN_USE'
  | 'ROLE_UNKNOWN'
  | 'SEATS_EXHAUSTED'
  | 'SETTINGS_CHANGED'
  | 'SETTINGS_INVALID'
  | 'SETTINGS_TOO_LARGE'
  | 'SEATS_SUBSCRIBED'
  | 'SUBSCRIPTION_CONFLICT'
  | 'SUBSCRIPTION_INVALID'

/**
 * The one table of codes and statuses. What is not here is a fault of the service, not of the request, and is answered
 * with 500 and without its message.
 */
const statusOfCode: Readonly<Partial<Record<ErrorCode | OrganizationCode, number>>> = {
  UNAUTHENTICATED: 401,
  ORGANIZATION_REQUIRED: 400,
  ORGANIZATION_NOT_FOUND: 404,
  ORGANIZATION_SUSPENDED: 403,
  MEMBERSHIP_SUSPENDED: 403,
  PERMISSION_DENIED: 403,
  CLAIM_AMBIGUOUS: 400,
  CLAIM_INVALID: 400,
  CLAIM_UNTRUSTED: 401,
  WEBHOOK_REPLAYED: 409,
  REQUEST_INVALID: 400,
  CURSOR_INVALID: 400,
  IDEMPOTENCY_KEY_BUSY: 409,
  IDEMPOTENCY_KEY_INVALID: 400,
  IDEMPOTENCY_KEY_REUSED: 422,
  PRECONDITION_FAILED: 412,
  PRECONDITION_REQUIRED: 428,
  OUTBOX_EVENT_INVALID: 400,
  OUTBOX_EVENT_UNKNOWN: 404,
  ROUTE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TOO_LARGE: 413,
  CONTENT_TYPE_UNSUPPORTED: 415,
  POOL_QUEUE_TIMEOUT: 503,
  ORGANIZATION_INVALID: 400,
  ORGANIZATION_SLUG_TAKEN: 409,
  ORGANIZATION_TOO_EARLY: 409,
  ORGANIZATION_NOT_DELETED: 409,
  ORGANIZATION_CHANGED: 412,
  ACTOR_NOT_MEMBER: 403,
  // An API key where only a member can act.
  ACTOR_REQUIRED: 403,
  RANK_TOO_LOW: 403,
  ROLE_UNKNOWN: 400,
  MEMBER_EXISTS: 409,
  MEMBER_INVALID: 400,
  MEMBER_PENDING: 409,
  MEMBER_UNKNOWN: 404,
  LAST_OWNER: 409,
  INVITATION_INVALID: 400,
  INVITATION_OTHER_ADDRESS: 403,
  INVITATION_PENDING: 409,
  INVITATION_UNKNOWN: 404,
  INVITATION_UNUSABLE: 404,
  API_KEY_INVALID: 400,
  API_KEY_EXCEEDS_ROLE: 403,
  API_KEY_UNKNOWN: 404,
  SEATS_EXHAUSTED: 409,
  ORGANIZATION_UNKNOWN: 404,
  ROLE_INVALID: 400,
  ROLE_IN_USE: 409,
  DOMAIN_ASKS_FOR_INVITATION: 403,
  DOMAIN_EXISTS: 409,
  DOMAIN_INVALID: 400,
  DOMAIN_LOOKUP_FAILED: 503,
  DOMAIN_NOT_JOINABLE: 404,
  DOMAIN_ROLE_TOO_HIGH: 400,
  DOMAIN_TAKEN: 409,
  DOMAIN_UNKNOWN: 404,
  DOMAIN_UNPROVEN: 409,
  EMAIL_UNVERIFIED: 403,
  ORGANIZATION_GITHUB_LOGIN_TAKEN: 409,
  SETTINGS_CHANGED: 412,
  SETTINGS_INVALID: 400,
  SETTINGS_TOO_LARGE: 413,
  SEATS_SUBSCRIBED: 409,
  SUBSCRIPTION_CONFLICT: 409,
  SUBSCRIPTION_INVALID: 400,
}

/**
 * Describes any error for a response. Errors that the requester can do nothing about say only that they happened:
 * messages and details of the others are for the log.
 *
 * @example
 * ```ts
 * const { status, contentType, body } = problemOf(error)
 * response.writeHead(status, { 'content-type': contentType }).end(JSON.stringify(body))
 * body.code // 'ORGANIZATION_NOT_FOUND'
 * ```
 */
export function problemOf(error: unknown, requestId?: string): Problem {
  const named = requestId === undefined ? {} : { requestId }
  const status = isTenancyError(error) ? statusOf(error.code) : undefined
  if (!isTenancyError(error) || status === undefined) return problem(500, 'INTERNAL', named)
  // Nothing that the caller did is at fault, and the message tells of the inside.
  if (status >= 500) return problem(status, 'UNAVAILABLE', named)
  return problem(status, error.code, { detail: error.message, ...named, ...inputErrors(error.details['issues']) })
}

/** The status of a code; `undefined` for a fault of the service. */
export function statusOf(code: string): number | undefined {
  return Object.hasOwn(statusOfCode, code) ? statusOfCode[code as keyof typeof statusOfCode] : undefined
}

type Optional = Pick<Problem['body'], 'detail' | 'requestId' | 'errors'>

function problem(status: number, code: string, more: Optional): Problem {
  const title = STATUS_CODES[status] ?? 'Error'
  const contentType = 'application/problem+json'
  return { status, contentType, body: { type: 'about:blank', title, status, code, ...more } }
}

/** Only issues of this shape, which `runRoute` makes of schemas: other details may tell of the inside. */
function inputErrors(issues: unknown): Pick<Optional, 'errors'> {
  if (!Array.isArray(issues)) return {}
  const errors = issues.flatMap((issue: { pointer?: unknown; message?: unknown } | null) =>
    typeof issue?.pointer === 'string' ? [{ pointer: issue.pointer, detail: String(issue.message) }] : [],
  )
  return errors.length === 0 ? {} : { errors }
}
