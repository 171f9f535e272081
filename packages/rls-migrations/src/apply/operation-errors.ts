import { TenancyError } from '@partywall/tenancy-core'
import { isPostgresError } from '../database/postgres-error.ts'
import type { Operation } from '../plan/step.ts'
import { describeBlockers, type Blocker } from './blockers.ts'

/** The coded error of an operation whose statement the server refused. */
export function operationFailed(operation: Operation, error: unknown): Error {
  if (!isPostgresError(error)) return error instanceof Error ? error : new Error(String(error))
  if (error.code === sharedLogin) return loginShared(operation, error)
  const privilege = error.code === '42501'
  const advice = privilege
    ? `\nThe login may not do this. Have a DBA run, then run the command again:\n${operation.statements.join(';\n')};`
    : '\nNothing of this step was kept. Resolve it and run the command again.'
  return new TenancyError(
    privilege ? 'PRIVILEGE_MISSING' : 'STEP_FAILED',
    `${operation.id} failed: ${error.message}${advice}`,
    {
      details: {
        step: operation.id,
        sqlState: error.code,
        ...(error.table === undefined ? {} : { table: error.table }),
        ...(privilege ? { statements: operation.statements } : {}),
      },
      cause: error,
    },
  )
}

/** Raised by `0016_github_logins`, before it does anything. */
const sharedLogin = 'PW069'

function loginShared(operation: Operation, error: Error): TenancyError {
  return new TenancyError(
    'GITHUB_LOGIN_SHARED',
    `${operation.id} did nothing: ${error.message}. Set github_login of all but one of them to NULL, or to its true login, and run the command again.`,
    { details: { step: operation.id, sqlState: sharedLogin }, cause: error },
  )
}

/** The coded error of an operation whose lock was not to be had, with whoever was in the way last. */
export function lockUnavailable(operation: Operation, blockers: readonly Blocker[], cause?: unknown): TenancyError {
  const left =
    operation.mode === 'concurrent'
      ? 'No index stands that was not there before, except an invalid one that the next run drops'
      : 'Nothing was changed by this step'
  return new TenancyError(
    'LOCK_UNAVAILABLE',
    `${operation.id}: the lock (${operation.lock}) was not to be had. In the way: ${describeBlockers(blockers)}. ${left}; end what is in the way, or wait for it, and run the command again.`,
    {
      details: { step: operation.id, lock: operation.lock, blockers },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}

/** The coded error of an operation that ran and left no trace in the catalog. */
export function operationIncomplete(operation: Operation, object: string): TenancyError {
  return new TenancyError(
    'STEP_INCOMPLETE',
    `${operation.id} ran, but the catalog does not show it: ${object}. Run the command again; if it stays, report it with this message.`,
    { details: { step: operation.id, object } },
  )
}
