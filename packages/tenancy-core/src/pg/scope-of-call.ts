import { scopeKey } from '../scope.ts'
import type { Scope, ScopeStore } from '../scope.ts'
import { TenancyError } from '../tenancy-error.ts'
import type { Passage } from './pool-settings.ts'

/**
 * Whether work that is bound to a scope may go on where it is asked for.
 *
 * @throws {TenancyError} `SCOPE_CLOSED` when the operator scope it is bound to has ended.
 * @throws {TenancyError} `TENANT_MISMATCH` in the scope of another tenant.
 */
export function assertSameScope(bound: Scope, current: Scope | undefined): void {
  if (bound.kind === 'operator' && !bound.open) {
    throw new TenancyError(
      'SCOPE_CLOSED',
      `The operator scope opened for "${bound.reason}" has ended; nothing was sent.`,
    )
  }
  // Code that has lost its context (a callback of an emitter) still holds a client of its own tenant.
  if (current === undefined || scopeKey(current) === scopeKey(bound)) return
  throw new TenancyError(
    'TENANT_MISMATCH',
    `A client that was checked out for ${scopeKey(bound)} is used in the scope of ${scopeKey(current)}; nothing was sent. ` +
      'Check out a client inside the scope that uses it.',
    { details: { checkedOutFor: scopeKey(bound), usedIn: scopeKey(current) } },
  )
}

/** The scope that a call runs in: the caller's, or the one that its passage fixes. */
export function scopeOf(passage: Passage, scopes: ScopeStore): Scope {
  if (passage.scope === undefined) return scopes.require()
  assertSameScope(passage.scope, scopes.current())
  return passage.scope
}

/** What a unit carries of its scope. */
export interface UnitScope {
  /** Empty: no tenant, on purpose. */
  readonly organizationId: string
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** No tenant: of hooks, and outside the scopes of tenants. */
export const noTenant: UnitScope = Object.freeze({ organizationId: '' })

/** What is sent of a scope: nothing, on purpose, outside the scopes of tenants. */
export function unitScopeOf(scope: Scope): UnitScope {
  return scope.kind === 'tenant' ? scope : noTenant
}

/** @throws {TenancyError} `SCOPE_ABORTED` when the signal of the scope was aborted. */
export function assertNotAborted(scope: UnitScope): void {
  if (scope.signal?.aborted === true) throw scopeAborted(scope.signal)
}

/** The refusal, or the end, of a statement whose scope was aborted. */
export function scopeAborted(signal: AbortSignal, statement?: unknown): TenancyError {
  const outcome = statement === undefined ? 'nothing was sent' : 'the statement was cancelled on the server'
  return new TenancyError('SCOPE_ABORTED', `The signal of the scope was aborted; ${outcome}.`, {
    cause: statement ?? signal.reason,
  })
}
