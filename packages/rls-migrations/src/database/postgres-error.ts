/** The fields of a server error that the engine looks at. */
export interface PostgresError extends Error {
  readonly code: string
  readonly detail?: string
  readonly hint?: string
  readonly table?: string
  readonly constraint?: string
}

/** Whether the server raised it, with that SQLSTATE when one is given. */
export function isPostgresError(error: unknown, ...sqlStates: readonly string[]): error is PostgresError {
  if (!(error instanceof Error)) return false
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || !('severity' in error)) return false
  return sqlStates.length === 0 || sqlStates.includes(code)
}

/** Raised when the lock was not to be had in time, or the server chose us to end a deadlock: the same step may be tried again. */
export const retryableSqlStates = ['55P03', '40P01', '40001'] as const
