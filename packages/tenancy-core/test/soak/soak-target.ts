import type { Pool } from 'pg'

/** What is soaked: a pool that scopes, and how scopes are opened. */
export interface SoakTarget {
  readonly pool: Pool
  readonly run: <T>(scope: { readonly organizationId: string }, work: () => T) => T
  readonly bootstrap: <T>(work: () => T) => T
}

/** An organization and one row of its own. */
export interface SoakOrganization {
  readonly id: string
  readonly repositoryId: string
}

/** What a soak works with. */
export interface SoakOptions {
  readonly target: SoakTarget
  /** Runs SQL as a superuser, past any pooler: cancels and terminates. */
  readonly admin: (sql: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>
  /** The login whose sessions are disturbed. */
  readonly login: string
  readonly organizations: readonly SoakOrganization[]
  readonly durationMs: number
  /** @defaultValue 64 */
  readonly workers?: number
  /** Names of the only work that is done. @defaultValue all */
  readonly only?: readonly string[] | undefined
}
