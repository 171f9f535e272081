import { TenancyError } from './tenancy-error.ts'
import type { ScopeStore } from './scope.ts'
import type { TenancyListener } from './tenancy-event.ts'
import type { ScopedPool } from './pg/tenant-pool.ts'
import type { Tenancy } from './tenancy.ts'

/** What the entries of this package share about a tenancy and its users do not see. */
export interface TenancyInternals {
  readonly pool: ScopedPool
  readonly scopes: ScopeStore
  readonly onEvent: TenancyListener | undefined
}

// On the tenancy and by a registered symbol: entries that were bundled apart must still find it.
const internals: unique symbol = Symbol.for('partywall.tenancy-internals')

/** @internal */
export function registerInternals(tenancy: object, value: TenancyInternals): void {
  Object.defineProperty(tenancy, internals, { value })
}

/** @internal */
export function internalsOf(tenancy: object): TenancyInternals {
  const found = (tenancy as { [internals]?: TenancyInternals })[internals]
  if (found !== undefined) return found
  throw new TenancyError('CONFIGURATION_INVALID', 'Expected the tenancy that createTenancy() returned.')
}

/** @internal The pool that a library is put on. @throws {TenancyError} `REPLICA_UNAVAILABLE` */
export function poolFor(tenancy: Tenancy, options: { readonly replica?: boolean | undefined }): ScopedPool {
  const { pool } = internalsOf(tenancy)
  return options.replica === true ? (tenancy.replica as unknown as ScopedPool) : pool
}
