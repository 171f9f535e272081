import type { FairQueue } from './fair-queue.ts'
import type { Pipeline } from './pipeline.ts'
import type { BasePool } from './pg-module.ts'
import type { OrganizationWait } from './wait-ledger.ts'

/** What a pool has done since it was created, and does now. */
export interface PoolStatistics {
  readonly connections: { readonly total: number; readonly idle: number; readonly max: number }
  /** Requests for a connection that wait now. */
  readonly waiting: number
  /** Requests that were granted a connection. */
  readonly granted: number
  /** Granted requests that had to wait, and for how long. */
  readonly waits: number
  readonly waitedMs: number
  readonly longestWaitMs: number
  /** Requests that were refused with `POOL_QUEUE_TIMEOUT`. */
  readonly timedOut: number
  /** Requests whose scope was aborted while they waited. */
  readonly aborted: number
  /** The organizations that waited longest in sum, first the longest. */
  readonly organizations: readonly (OrganizationWait & { readonly waiting: number })[]
}

const defaultTop = 10

/** Takes the figures of a pool together. */
export function poolStatistics(
  pool: BasePool,
  [queue, pipeline]: readonly [FairQueue, Pipeline | undefined],
  top: number = defaultTop,
): PoolStatistics {
  const { ledger } = queue
  const waitingOf = (id: string): number => queue.waitingOf(id) + (pipeline?.waitingOf(id) ?? 0)
  return {
    connections: { total: pool.totalCount, idle: pool.idleCount, max: pool.options.max },
    waiting: queue.waiting + (pipeline?.waiting ?? 0),
    granted: ledger.granted,
    waits: ledger.waits,
    waitedMs: ledger.waitedMs,
    longestWaitMs: ledger.longestWaitMs,
    timedOut: ledger.timedOut,
    aborted: ledger.aborted,
    organizations: ledger.top(top).map((entry) => ({ ...entry, waiting: waitingOf(entry.organizationId) })),
  }
}
