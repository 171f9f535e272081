import type { Actor } from './scope.ts'
import { TenancyError } from './tenancy-error.ts'

/** Why an operator scope is opened, and by whom: for the audit trail. */
export interface OperatorScope {
  /** What the scope is for, in words that an auditor understands. */
  readonly reason: string
  readonly actor: Actor
}

/** @throws {TenancyError} `CONFIGURATION_INVALID` without a reason or an actor. */
export function assertOperatorScope(request: OperatorScope): void {
  const named = typeof request.reason === 'string' && request.reason.trim() !== ''
  if (named && typeof request.actor?.id === 'string' && request.actor.id !== '') return
  throw new TenancyError(
    'CONFIGURATION_INVALID',
    'An operator scope needs a reason and an actor, which the audit trail keeps. Pass { reason, actor: { type, id } }.',
  )
}
