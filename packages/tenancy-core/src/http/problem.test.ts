import { describe, expect, it } from 'vitest'
import { errorCodes } from '../error-codes.ts'
import type { ErrorCode } from '../error-codes.ts'
import { TenancyError } from '../tenancy-error.ts'
import { answerProblem } from './answer-route.ts'
import { problemOf } from './problem.ts'

/** A refusal that tells the caller what to do about it; 500 for a fault of the service, which tells nothing. */
const statuses: Readonly<Record<ErrorCode, number>> = {
  BATCH_FAILED: 500,
  CLAIM_AMBIGUOUS: 400,
  CLAIM_INVALID: 400,
  CLAIM_UNTRUSTED: 401,
  CLIENT_RELEASED: 500,
  CONFIGURATION_INVALID: 500,
  CONNECTION_POISONED: 500,
  CONTENT_TYPE_UNSUPPORTED: 415,
  CONTEXT_INVALID: 500,
  CONTEXT_NOT_APPLIED: 500,
  CONTROL_PLANE_MISSING: 500,
  CURSOR_INVALID: 400,
  DRIVER_UNSUPPORTED: 500,
  IDEMPOTENCY_KEY_BUSY: 409,
  IDEMPOTENCY_KEY_INVALID: 400,
  IDEMPOTENCY_KEY_REUSED: 422,
  LOGIN_PRIVILEGED: 500,
  MEMBERSHIP_SUSPENDED: 403,
  METHOD_NOT_ALLOWED: 405,
  OBSERVE_TOO_LATE: 500,
  OPERATOR_UNAVAILABLE: 500,
  ORGANIZATION_NOT_FOUND: 404,
  ORGANIZATION_REQUIRED: 400,
  ORGANIZATION_SUSPENDED: 403,
  OUTBOX_EVENT_INVALID: 400,
  OUTBOX_EVENT_UNKNOWN: 404,
  OUTBOX_HANDLER_TIMEOUT: 500,
  PERMISSION_DENIED: 403,
  POOL_CLOSED: 500,
  POOL_QUEUE_TIMEOUT: 503,
  PRECONDITION_FAILED: 412,
  PRECONDITION_REQUIRED: 428,
  PRISMA_UNSCOPED: 500,
  REPLICA_UNAVAILABLE: 500,
  REQUEST_INVALID: 400,
  REQUEST_TOO_LARGE: 413,
  ROUTE_NOT_FOUND: 404,
  SCOPE_ABORTED: 500,
  SCOPE_CLOSED: 500,
  SEAL_MISSING: 500,
  SEAL_REFUSED: 500,
  STATEMENT_REFUSED: 500,
  STATEMENT_UNSUPPORTED: 500,
  TENANT_INVALID: 500,
  TENANT_MISMATCH: 500,
  TENANT_REQUIRED: 500,
  TRANSACTION_INVALID: 500,
  TRANSACTION_NOT_OPENED: 500,
  UNAUTHENTICATED: 401,
  WEBHOOK_REPLAYED: 409,
}

describe('problemOf', () => {
  it.each(Object.keys(errorCodes) as ErrorCode[])('answers %s as it was decided', (code) => {
    const { status, body } = problemOf(new TenancyError(code, 'What to do.'), 'req-1')
    expect(status).toBe(statuses[code])
    expect(body).toMatchObject(status < 500 ? { code, detail: 'What to do.' } : { requestId: 'req-1' })
    if (status >= 500) expect(JSON.stringify(body)).not.toMatch(/What to do|POOL|TENANT/)
  })

  it('takes no name of every object for a code', () => {
    expect(problemOf(new TenancyError('constructor', 'x'))).toMatchObject({ status: 500, body: { code: 'INTERNAL' } })
  })

  it('tells a caller of a busy service when to ask again', () => {
    const { status, headers } = answerProblem(new TenancyError('POOL_QUEUE_TIMEOUT', 'x'))
    expect([status, headers['retry-after']]).toEqual([503, '1'])
  })
})
