import { isTenancyError } from '../tenancy-error.ts'
import type { TenancyError } from '../tenancy-error.ts'
import { FairQueue } from './fair-queue.ts'
import { PipelineLane } from './pipeline-lane.ts'
import type { QueryCall, QueryCallback } from './query-call.ts'
import type { UnitScope } from './scope-of-call.ts'
import type { Statement } from './statement.ts'
import type { TenantClient } from './tenant-client.ts'
import type { WaitLedger } from './wait-ledger.ts'

/** Options of {@link Pipeline}. */
export interface PipelineOptions {
  readonly connections: number
  /** Statements on one connection whose answers are still to come. */
  readonly depth: number
  readonly idleTimeoutMs: number
  readonly maxPerOrganization: number | undefined
  readonly queueTimeoutMs: number | undefined
  readonly ledger: WaitLedger
  /** A client that does not wait for an answer before it sends the next unit. */
  readonly createClient: () => TenantClient
}

/** One statement for the pipeline. */
export interface PipelinedRun {
  readonly call: QueryCall
  readonly scope: UnitScope
  readonly settle: QueryCallback
  /** Runs it on a connection of its own, when the shared one turned out to be unusable before it was executed. */
  readonly elsewhere: () => void
}

/**
 * Few connections that many organizations share: each statement is a unit with a Sync of its own, sent before the answers
 * to the units in front of it have come. An error stays in its unit. Whoever is behind a slow statement waits for it.
 */
export class Pipeline {
  readonly #options: PipelineOptions
  readonly #queue: FairQueue
  #lanes: PipelineLane[] = []

  constructor(options: PipelineOptions) {
    const { connections, depth, maxPerOrganization, queueTimeoutMs, ledger } = options
    this.#options = options
    this.#queue = new FairQueue({
      max: connections * depth,
      maxPerOrganization,
      queueTimeoutMs,
      ledger,
      now: () => performance.now(),
    })
  }

  get waiting(): number {
    return this.#queue.waiting
  }

  waitingOf(organizationId: string): number {
    return this.#queue.waitingOf(organizationId)
  }

  run(run: PipelinedRun): void {
    this.#queue.acquire({
      scope: run.scope,
      refuse: run.settle,
      grant: (slot) => {
        const finish: QueryCallback = (error, result) => {
          this.#queue.release(slot)
          if (isTenancyError(error, 'CONNECTION_POISONED')) run.elsewhere()
          else run.settle(error, result)
        }
        this.#lane().send(run.call, run.scope, finish)
      },
    })
  }

  /** Waits for the answers that are under way. */
  async close(reason: TenancyError): Promise<void> {
    this.#queue.close(reason)
    await Promise.all(this.#lanes.map((lane) => lane.end()))
  }

  /** The connection with the fewest answers to come; another one while there may be more and none is idle. */
  #lane(): PipelineLane {
    this.#lanes = this.#lanes.filter((lane) => !lane.retired)
    const { connections, createClient, idleTimeoutMs } = this.#options
    const [first] = this.#lanes
    const least = this.#lanes.reduce((left, right) => (right?.load < (left?.load ?? 0) ? right : left), first)
    if (least !== undefined && (least.load === 0 || this.#lanes.length >= connections)) return least
    const lane = new PipelineLane(createClient(), idleTimeoutMs)
    this.#lanes.push(lane)
    return lane
  }
}

/**
 * Whether a statement may share a connection with others under way: it reads or writes rows and nothing else, may not have
 * to be cancelled, and is prepared under no name but ours. COPY FROM would swallow the units behind it.
 */
export function isPipelined(call: QueryCall, scope: UnitScope, statement: Statement): boolean {
  const { name, query_timeout: timeout } = call.config
  return statement.plain && statement.kind === 'work' && !scope.signal && name === undefined && timeout === undefined
}
