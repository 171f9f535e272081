import type { ContractDatabase, ContractOrganization } from './contract-database.ts'
import type { Capability, ScopeUnderTest } from './scope-under-test.ts'
import type { WireProxy } from './wire-proxy.ts'

/** One promise of a tenant scope, as data: test runners and the sabotage matrix run the same. */
export interface TenantScopePromise {
  /** Short and stable, e.g. `F10`. */
  readonly id: string
  readonly title: string
  /** The call of the port that the promise is about, where not every library has it. */
  readonly needs?: Capability
  /** @throws when the promise is broken. */
  readonly run: (stage: Stage) => Promise<void>
}

/** What a promise is played on. Everything it opens is closed after it. */
export interface Stage {
  readonly database: ContractDatabase
  /** Two organizations that no other promise uses. */
  readonly first: ContractOrganization
  readonly second: ContractOrganization
  /** Whether a pooler stands in between. */
  readonly pooled: boolean
  /** A scope of its own; the app login and one connection unless told otherwise. */
  readonly open: (options?: { readonly url?: string; readonly maxConnections?: number }) => Promise<ScopeUnderTest>
  /** A scope whose traffic passes by the suite. */
  readonly openTapped: () => Promise<{ readonly scope: ScopeUnderTest; readonly wire: WireProxy }>
}
