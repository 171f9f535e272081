import type { Pool, QueryResult } from 'pg'
import type { BatchStatement } from './pg/batch-run.ts'
import type { PoolStatistics } from './pg/pool-statistics.ts'

/** A pool of the host's own `pg` that puts the tenant in scope in front of every statement. */
export interface TenantPool extends Pool {
  /**
   * Runs several statements in one round trip and one transaction: all take effect, or none. Answers with their results,
   * in order. The statements cannot read each other's results on the way; transaction control, CALL and DO are refused.
   *
   * @throws {TenancyError} `BATCH_FAILED` when one failed: `details.index` says which, `cause` is the server's error.
   * @throws {TenancyError} `STATEMENT_REFUSED` for a statement that cannot be part of a transaction of several.
   *
   * @example
   * ```ts
   * const [created, counted] = await tenancy.pool.batch([
   *   { text: 'insert into repositories (name) values ($1) returning name', values: ['web'] },
   *   { text: 'select count(*)::int as repositories from repositories' },
   * ])
   * counted.rows // [{ repositories: 4 }]
   * ```
   */
  batch(statements: readonly BatchStatement[]): Promise<QueryResult[]>

  /**
   * What the pool has done so far: grants, waits, and the `top` organizations (10) that waited longest.
   *
   * @example
   * ```ts
   * const { waiting, timedOut } = tenancy.pool.statistics({ top: 3 }) // { waiting: 0, timedOut: 0 }
   * ```
   */
  statistics(options?: { readonly top?: number }): PoolStatistics
}
