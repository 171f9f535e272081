import { AsyncLocalStorage } from 'node:async_hooks'
import type { ScopeUnderTest } from '@partywall/testing/contract'

/** The tenant of a scope that does without a tenancy. */
export interface PlainStorage extends Pick<ScopeUnderTest, 'run' | 'bootstrap'> {
  /** The tenant in scope, '' where there is none. */
  readonly tenant: () => string
}

export const setLocally = `select set_config('app.current_tenant_id', $1, true)`
export const setForSession = `select set_config('app.current_tenant_id', $1, false)`

/** An AsyncLocalStorage with the tenant in it, as hosts have one. */
export function plainStorage(): PlainStorage {
  const storage = new AsyncLocalStorage<string>()
  return {
    tenant: () => storage.getStore() ?? '',
    run: (organizationId, work) => storage.run(organizationId, work),
    bootstrap: (work) => storage.run('', work),
  }
}
