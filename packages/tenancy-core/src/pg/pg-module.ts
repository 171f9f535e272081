import type { EventEmitter } from 'node:events'
import type { DriverClient, DriverQuery } from './driver-session.ts'

/**
 * The host's own `pg`, as far as it is used here. Structural, because the classes are extended and the instances must
 * be `instanceof` the host's: which copy and version of `pg` that is, the host decides.
 */
export interface PgModule {
  readonly Client: ClientClass
  readonly Pool: PoolClass
  readonly Query?: QueryClass
}

/** The constructor of a client. */
export interface ClientClass {
  new (config?: object): BaseClient
  readonly Query?: QueryClass
}

/** The constructor of a query. */
export interface QueryClass {
  new (config: object): DriverQuery
  new (text: string, values: readonly unknown[] | undefined, callback: DriverQuery['callback']): DriverQuery
}

/** A client of `pg` before it is extended. */
export interface BaseClient extends DriverClient, EventEmitter {
  readonly processID?: number | null
  connect(callback?: (error?: unknown) => void): unknown
  query(...args: unknown[]): unknown
  end(callback?: () => void): unknown
}

/** A client that a pool has lent. */
export interface LentClient extends BaseClient {
  release(error?: unknown): void
}

/** The constructor of a pool. */
export type PoolClass = new (options: object) => BasePool

/** A pool of `pg` before it is extended. */
export interface BasePool extends EventEmitter {
  readonly options: {
    readonly max: number
    readonly connectionTimeoutMillis?: number
    readonly idleTimeoutMillis?: number
  }
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly ending: boolean
  connect(callback?: ConnectCallback): unknown
  query(...args: unknown[]): unknown
  end(callback?: () => void): Promise<void>
}

/** What `pool.connect(callback)` calls. */
export type ConnectCallback = (
  error: unknown,
  client: LentClient | undefined,
  release: (error?: unknown) => void,
) => void

/** The class of queries that belongs to a `pg` module. */
export function queryClassOf(pg: PgModule): QueryClass | undefined {
  return pg.Query ?? pg.Client.Query
}
