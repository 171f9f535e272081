import type { Scope, ScopeStore } from '../scope.ts'
import type { TenancyListener } from '../tenancy-event.ts'
import type { BasePool, QueryClass } from './pg-module.ts'
import type { TenantClient } from './tenant-client.ts'
import type { StatementBook } from './statement-book.ts'

/** What a pool needs to know beside the options of `pg`. */
export interface PoolSettings {
  readonly scopes: ScopeStore
  readonly book: StatementBook
  /** The pool of the operator login. @throws {TenancyError} `OPERATOR_UNAVAILABLE` without one. */
  readonly operatorPool: () => BasePool
  readonly onEvent: TenancyListener | undefined
  /** What a statement outside every scope has to wait for where it is let through. */
  readonly admitUnscoped: () => Promise<void> | undefined
  readonly Query: QueryClass
  /** Shared connections for single statements; `undefined` for none. */
  readonly pipeline: { readonly connections: number; readonly depth: number } | undefined
  /** A client of such a connection. */
  readonly createPipelineClient: () => TenantClient
  /** Connections that one organization may have at once. */
  readonly maxPerOrganization: number | undefined
  /** How long a request waits for a connection, in milliseconds. */
  readonly queueTimeoutMs: number | undefined
}

/** How a call reached the pool. */
export interface Passage {
  /** The scope to use in place of the caller's. */
  readonly scope?: Scope | undefined
  /** Whether the calls come from an ORM that is known to keep tenants apart. */
  readonly trusted?: boolean
}
