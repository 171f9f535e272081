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
}

/** Everything a statement may run as. */
export type Scope =
  | ({ readonly kind: 'tenant' } & TenantScope)
  | { readonly kind: 'bootstrap' }
  | { readonly kind: 'operator'; readonly reason: string; readonly actor: Actor; open: boolean }

const maxIdLength = 200

/** Carries the scope along the asynchronous calls of one request. */
export class ScopeStore {
  readonly #storage = new AsyncLocalStorage<Scope | undefined>()

  current(): Scope | undefined {
    return this.#storage.getStore()
  }

  /** @throws {TenancyError} `TENANT_REQUIRED` outside every scope, `SCOPE_CLOSED` in an operator scope that has ended. */
  require(): Scope {
    const scope = this.current()
    if (scope === undefined) {
      throw new TenancyError(
        'TENANT_REQUIRED',
        'No tenant is in scope; nothing was sent. Wrap the call in tenancy.run({ organizationId }, fn), or in ' +
          'tenancy.bootstrap(fn) when it must come before a tenant is known.',
      )
    }
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
