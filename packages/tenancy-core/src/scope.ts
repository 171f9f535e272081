import { AsyncLocalStorage } from 'node:async_hooks'
import { TenancyError } from './tenancy-error.ts'

/** Who acts: recorded with what they do, never asked for permission here. */
export interface Actor {
  /** What kind of actor this is. */
  readonly type: 'user' | 'api-key' | 'system'
  readonly id: string
}

/** A scope of one organization. */
export interface TenantScope {
  /** The organization that owns the rows: the value of the tenant column, as text. */
  readonly organizationId: string
  readonly actor?: Actor | undefined
  /**
   * How long each statement of the scope may run, in milliseconds: the server's own `statement_timeout` (SQLSTATE 57014),
   * set for the statement or the transaction and for nothing after it.
   *
   * @defaultValue what the connection has
   */
  readonly timeoutMs?: number | undefined
  /**
   * Aborts the scope: the statement that runs is cancelled on the server, and new ones are refused with `SCOPE_ABORTED`,
   * except ROLLBACK.
   */
  readonly signal?: AbortSignal | undefined
}

/** Everything a statement may run as. */
export type Scope =
  | ({ readonly kind: 'tenant'; readonly observed?: true } & TenantScope)
  | { readonly kind: 'bootstrap' }
  | { readonly kind: 'operator'; readonly reason: string; readonly actor: Actor; open: boolean }

const maxIdLength = 200
const maxTimeoutMs = 2_147_483_647

/** What becomes of a call outside every scope: an error to throw, or a scope to use. */
export type Unscoped = () => Scope | TenancyError

/** Carries the scope along the asynchronous calls of one request. */
export class ScopeStore {
  readonly #storage = new AsyncLocalStorage<Scope | undefined>()
  readonly #unscoped: Unscoped

  constructor(unscoped: Unscoped = tenantRequired) {
    this.#unscoped = unscoped
  }

  current(): Scope | undefined {
    return this.#storage.getStore()
  }

  /** @throws {TenancyError} `TENANT_REQUIRED` outside every scope, `SCOPE_CLOSED` in an operator scope that has ended. */
  require(): Scope {
    const scope = this.current() ?? this.#unscoped()
    if (scope instanceof TenancyError) throw scope
    if (scope.kind === 'operator' && !scope.open) {
      throw new TenancyError(
        'SCOPE_CLOSED',
        `The operator scope opened for "${scope.reason}" has ended; nothing was sent. Await all work inside the ` +
          'function given to tenancy.operator().',
      )
    }
    return scope
  }

  run<T>(scope: Scope, fn: () => T): T {
    return this.#storage.run(scope, fn)
  }

  /** Runs outside every scope: what is created here must not pick up the scope of whoever happened to create it. */
  runOutside<T>(fn: () => T): T {
    return this.#storage.run(undefined, fn)
  }
}

/** The refusal of a call outside every scope. */
export function tenantRequired(hint = ''): TenancyError {
  return new TenancyError(
    'TENANT_REQUIRED',
    'No tenant is in scope; nothing was sent. Wrap the call in tenancy.run({ organizationId }, fn), or in ' +
      `tenancy.bootstrap(fn) when it must come before a tenant is known.${hint}`,
  )
}

/**
 * Copies what a caller gives, checked, so that nothing changes it while the scope is open.
 *
 * @throws {TenancyError} `TENANT_INVALID` for an id that PostgreSQL cannot hold.
 * @throws {TenancyError} `CONFIGURATION_INVALID` for a time-out or a signal that is none.
 */
export function tenantScope(given: TenantScope): Scope & { readonly kind: 'tenant' } {
  const { organizationId, actor, timeoutMs, signal } = given
  assertOrganizationId(organizationId)
  if (timeoutMs !== undefined && !(Number.isInteger(timeoutMs) && timeoutMs > 0 && timeoutMs <= maxTimeoutMs)) {
    throw new TenancyError(
      'CONFIGURATION_INVALID',
      `timeoutMs is ${String(timeoutMs)}. Pass a whole number of milliseconds from 1 to ${maxTimeoutMs}.`,
    )
  }
  if (signal !== undefined && typeof signal.addEventListener !== 'function') {
    throw new TenancyError('CONFIGURATION_INVALID', 'signal is not an AbortSignal. Pass controller.signal.')
  }
  return Object.freeze({ kind: 'tenant', organizationId, actor, timeoutMs, signal })
}

/** Two scopes with one key read and write the same rows. */
export function scopeKey(scope: Scope): string {
  return scope.kind === 'tenant' ? `tenant:${scope.organizationId}` : scope.kind
}

/** @throws {TenancyError} `TENANT_INVALID` for anything but a non-empty text that PostgreSQL can hold. */
export function assertOrganizationId(organizationId: unknown): asserts organizationId is string {
  const valid =
    typeof organizationId === 'string' &&
    organizationId !== '' &&
    organizationId.length <= maxIdLength &&
    !organizationId.includes('\0')
  if (valid) return
  const shown = typeof organizationId === 'string' ? JSON.stringify(organizationId.slice(0, 40)) : typeof organizationId
  throw new TenancyError(
    'TENANT_INVALID',
    `${shown} is not an organization id. Pass a text of 1 to ${maxIdLength} characters without NUL.`,
  )
}
