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
  }
}

/** Raised by `@partywall/organizations`, which is not imported here. */
type OrganizationCode =
  | 'MEMBER_EXISTS'
  | 'MEMBER_INVALID'
  | 'ORGANIZATION_INVALID'
  | 'ORGANIZATION_SLUG_TAKEN'
  | 'ORGANIZATION_TOO_EARLY'

/**
 * The one table of codes and statuses. What is not here is a fault of the service, not of the request, and is answered
 * with 500 and without its message.
 */
const statusOfCode: Readonly<Partial<Record<ErrorCode | OrganizationCode, number>>> = {
  UNAUTHENTICATED: 401,
  ORGANIZATION_NOT_FOUND: 404,
  ORGANIZATION_SUSPENDED: 403,
  MEMBERSHIP_SUSPENDED: 403,
  PERMISSION_DENIED: 403,
  REQUEST_INVALID: 400,
  ORGANIZATION_INVALID: 400,
  ORGANIZATION_SLUG_TAKEN: 409,
  ORGANIZATION_TOO_EARLY: 409,
  MEMBER_EXISTS: 409,
  MEMBER_INVALID: 400,
}

/**
 * Describes any error for a response. Errors that the requester can do nothing about say only that they happened:
 * messages and details of the others are for the log.
 *
 * @example
 * ```ts
 * const { status, contentType, body } = problemOf(error)
 * response.writeHead(status, { 'content-type': contentType }).end(JSON.stringify(body))
 * ```
 */
export function problemOf(error: unknown): Problem {
  if (!isTenancyError(error) || !Object.hasOwn(statusOfCode, error.code)) return problem(500, 'INTERNAL')
  return problem(statusOfCode[error.code as keyof typeof statusOfCode] ?? 500, error.code, error.message)
}

function problem(status: number, code: string, detail?: string): Problem {
  const title = STATUS_CODES[status] ?? 'Error'
  const body = { type: 'about:blank', title, status, code }
  return { status, contentType: 'application/problem+json', body: detail === undefined ? body : { ...body, detail } }
}
