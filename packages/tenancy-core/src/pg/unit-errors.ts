import { TenancyError } from '../tenancy-error.ts'

/** The SQLSTATE of an error of the server; errors of sockets have a code too (ECONNRESET), and no severity. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  return typeof code === 'string' && severity !== undefined ? code : undefined
}

/** The session had a tenant before the unit set one. */
export function poisoned(cause: unknown): TenancyError {
  return new TenancyError(
    'CONNECTION_POISONED',
    'The session had a tenant before this statement set one; the statement was not executed and the connection is ' +
      'closed. Find what sets the tenant for longer than a transaction: a DO block, a function, or a default of the ' +
      'role, the database or the connection string.',
    cause === undefined ? {} : { cause },
  )
}

/** The server confirmed another tenant than the one that was sent, or none. */
export function unconfirmed(organizationId: string): TenancyError {
  return new TenancyError(
    'CONTEXT_NOT_APPLIED',
    'The server did not confirm the tenant of this statement; its result is withheld and the connection closed. ' +
      'Check what stands between this process and PostgreSQL.',
    { details: { organizationId } },
  )
}

/** The transaction or the tenant could not be opened in front of an earlier statement. */
export function notOpened(): TenancyError {
  return new TenancyError(
    'TRANSACTION_NOT_OPENED',
    'The transaction of this client could not be opened in front of its first statement, whose error tells why; nothing ' +
      'was sent, and the connection is closed. Roll back, and check out a client anew.',
  )
}

/** An error of the context in words that say what to configure. */
export function explained(error: unknown, sqlState: string | undefined): unknown {
  if (sqlState !== '42P05') return error
  return new TenancyError(
    'CONTEXT_NOT_APPLIED',
    'The tenant could not be set because the server connection is shared and already has the prepared statement; ' +
      'nothing was executed. Pass `preparedContext: false` when a PgBouncer below 1.21 stands in between.',
    { cause: error },
  )
}
