import { isTenancyError } from '@partywall/tenancy-core'
import type { Operation } from '../plan/step.ts'

/** What the login may not do and the run goes on without, with the statements for a DBA. */
export interface LeftToDba {
  readonly step: string
  readonly reason: string
  readonly statements: readonly string[]
}

/** The entry for an operation that failed; undefined when the failure must end the run. */
export function leftToDba(operation: Operation, error: unknown): LeftToDba | undefined {
  if (operation.privileged !== true || !isTenancyError(error)) return undefined
  // A GRANT or REVOKE by somebody who may not is a mere warning: what tells is that the catalog does not show it.
  // A role that another database of the cluster still uses stays.
  const isHeld = error.details['sqlState'] === '2BP01'
  if (error.code !== 'PRIVILEGE_MISSING' && error.code !== 'STEP_INCOMPLETE' && !isHeld) return undefined
  const reason = error.cause instanceof Error ? error.cause.message : 'this login may not change it'
  return { step: operation.id, reason, statements: operation.statements }
}
