/** A code that this package raises. */
export type ErrorCode =
  | 'BATCH_FAILED'
  | 'CLAIM_AMBIGUOUS'
  | 'CLAIM_INVALID'
  | 'CLAIM_UNTRUSTED'
  | 'CLIENT_RELEASED'
  | 'CONFIGURATION_INVALID'
  | 'CONNECTION_POISONED'
  | 'CONTENT_TYPE_UNSUPPORTED'
  | 'CONTEXT_INVALID'
  | 'CONTEXT_NOT_APPLIED'
  | 'CONTROL_PLANE_MISSING'
  | 'CURSOR_INVALID'
  | 'DRIVER_UNSUPPORTED'
  | 'IDEMPOTENCY_KEY_BUSY'
  | 'IDEMPOTENCY_KEY_INVALID'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'LOGIN_PRIVILEGED'
  | 'MEMBERSHIP_SUSPENDED'
  | 'METHOD_NOT_ALLOWED'
  | 'OBSERVE_TOO_LATE'
  | 'OPERATOR_UNAVAILABLE'
  | 'ORGANIZATION_NOT_FOUND'
  | 'ORGANIZATION_REQUIRED'
  | 'ORGANIZATION_SUSPENDED'
  | 'OUTBOX_EVENT_INVALID'
  | 'OUTBOX_EVENT_UNKNOWN'
  | 'OUTBOX_HANDLER_TIMEOUT'
  | 'PERMISSION_DENIED'
  | 'POOL_CLOSED'
  | 'POOL_QUEUE_TIMEOUT'
  | 'PRECONDITION_FAILED'
  | 'PRECONDITION_REQUIRED'
  | 'PRISMA_UNSCOPED'
  | 'REPLICA_UNAVAILABLE'
  | 'REQUEST_INVALID'
  | 'REQUEST_TOO_LARGE'
  | 'ROUTE_NOT_FOUND'
  | 'SCOPE_ABORTED'
  | 'SCOPE_CLOSED'
  | 'SEAL_MISSING'
  | 'SEAL_REFUSED'
  | 'STATEMENT_REFUSED'
  | 'STATEMENT_UNSUPPORTED'
  | 'TENANT_INVALID'
  | 'TENANT_MISMATCH'
  | 'TENANT_REQUIRED'
  | 'TRANSACTION_INVALID'
  | 'TRANSACTION_NOT_OPENED'
  | 'UNAUTHENTICATED'
  | 'WEBHOOK_REPLAYED'

/** Every code that this package raises, with its meaning. Programs match on codes: they are added, never changed. */
export const errorCodes: Readonly<Record<ErrorCode, string>> = {
  BATCH_FAILED: 'A statement of a batch failed, and with it all of the batch.',
  CLAIM_AMBIGUOUS: 'A request names two callers, two organizations or two hosts, or sends twice what is sent once.',
  CLAIM_INVALID: 'What a request says of itself is not of the form that it has to have.',
  CLAIM_UNTRUSTED: 'What a request says of itself comes from a proxy or a sender that is not trusted.',
  CLIENT_RELEASED: 'A client was used after its release, when its connection may already serve another tenant.',
  CONFIGURATION_INVALID: 'An option is missing, unknown or out of range.',
  CONNECTION_POISONED: 'A session had a tenant before the statement set one; the statement was not executed.',
  CONTENT_TYPE_UNSUPPORTED: 'The body of a request is not JSON.',
  CONTEXT_INVALID: 'What was given to restoreContext() is no captured context.',
  CONTEXT_NOT_APPLIED: 'The server did not confirm the tenant of a statement; its result was withheld.',
  CONTROL_PLANE_MISSING: 'The database does not have the functions that the policies call.',
  CURSOR_INVALID: 'A cursor was not written for the list that it was sent to.',
  DRIVER_UNSUPPORTED: 'The version of pg answers in a way that the scope does not know.',
  IDEMPOTENCY_KEY_BUSY: 'The first request with an Idempotency-Key is still under way.',
  IDEMPOTENCY_KEY_INVALID: 'An Idempotency-Key is not of the form that is kept.',
  IDEMPOTENCY_KEY_REUSED: 'An Idempotency-Key was used for another request.',
  LOGIN_PRIVILEGED: 'The database login is not bound by row level security, or can become a role that is not.',
  MEMBERSHIP_SUSPENDED: 'The membership of the user in the organization is suspended or pending.',
  METHOD_NOT_ALLOWED: 'A path has routes, and none for the method.',
  OBSERVE_TOO_LATE: 'Statements without a scope are let through while there is one organization only; there are more.',
  OPERATOR_UNAVAILABLE: 'An operator scope was asked for, and no operator login is configured.',
  ORGANIZATION_NOT_FOUND: 'There is no such organization for this user.',
  ORGANIZATION_REQUIRED: 'A request names no organization.',
  ORGANIZATION_SUSPENDED: 'The organization is suspended or deleted.',
  OUTBOX_EVENT_INVALID: 'An event cannot be appended.',
  OUTBOX_EVENT_UNKNOWN: 'No such event was given up.',
  OUTBOX_HANDLER_TIMEOUT: 'The handlers of an event were not done in time.',
  PERMISSION_DENIED: 'The role of the member does not include what the route asks for.',
  POOL_CLOSED: 'A statement was asked of a pool that is closed, or waited for it when it was closed.',
  POOL_QUEUE_TIMEOUT: 'No connection became free for a statement in time.',
  PRECONDITION_FAILED: 'The version that a request wants to change is not the current one.',
  PRECONDITION_REQUIRED: 'A request does not say which version it changes.',
  PRISMA_UNSCOPED: 'Prisma stands on the pool directly, where it would mix the queries of tenants.',
  REPLICA_UNAVAILABLE: 'The replica was asked for, and none is configured.',
  REQUEST_INVALID: 'The parameters, the query or the body of a request do not fit the route.',
  REQUEST_TOO_LARGE: 'The body of a request is larger than the service takes.',
  ROUTE_NOT_FOUND: 'No route has the path of a request.',
  SCOPE_ABORTED: 'The signal of the scope was aborted.',
  SCOPE_CLOSED: 'Work went on in an operator scope after the scope had ended.',
  SEAL_MISSING: 'The service sends tokens, and the database takes bare organization ids.',
  SEAL_REFUSED: 'The database takes signed tokens, and refuses what the service sends.',
  STATEMENT_REFUSED: 'A statement would outlive its unit or change the scope.',
  STATEMENT_UNSUPPORTED: 'A statement cannot be scoped in this form.',
  TENANT_INVALID: 'A text is not usable as an organization id.',
  TENANT_MISMATCH: 'A client that was checked out for one tenant was used in the scope of another.',
  TENANT_REQUIRED: 'A statement was asked for outside every scope.',
  TRANSACTION_INVALID: 'What was passed as a transaction is none, or is not open.',
  TRANSACTION_NOT_OPENED: 'The BEGIN that a statement was to follow did not take place.',
  UNAUTHENTICATED: 'The request names no user.',
  WEBHOOK_REPLAYED: 'A delivery of a webhook was taken already.',
}
