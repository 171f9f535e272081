import type { Pool } from 'pg'
import type { TenantPool, TenantScope } from '../../src/index.ts'

/** What is soaked: a pool that scopes, and how scopes are opened. */
export interface SoakTarget {
  readonly pool: Pool & Partial<Pick<TenantPool, 'batch'>>
  readonly run: <T>(scope: TenantScope, work: () => T) => T
  readonly bootstrap: <T>(work: () => T) => T
  readonly close: () => Promise<void>
}

/** An organization and one row of its own. */
export interface SoakOrganization {
  readonly id: string
  readonly repositoryId: string
}

/** What a soak works with. The target is closed by it. */
export interface SoakOptions {
  readonly target: SoakTarget
  /** Runs SQL as a superuser, past any pooler: cancels and terminates. */
  readonly admin: (sql: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>
  /** The login whose sessions are disturbed. */
  readonly login: string
  /** Whether a pooler keeps the sessions of the login when the target has ended. */
  readonly pooled: boolean
  readonly organizations: readonly SoakOrganization[]
  readonly durationMs: number
  /** @defaultValue 64 */
  readonly workers?: number
  /** Names of the only work that is done. @defaultValue all */
  readonly only?: readonly string[] | undefined
}
