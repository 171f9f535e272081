import { setTimeout as wait } from 'node:timers/promises'
import type { Tenancy } from '../tenancy.ts'
import type { TenantPool } from '../tenant-pool.ts'
import { OrganizationTurn } from './organization-turn.ts'
import type { Lease, TurnParts } from './organization-turn.ts'
import { dispatcherOptionsSchema, reportFailure } from './dispatcher-options.ts'
import type { DispatcherOptions, ResolvedDispatcherOptions } from './dispatcher-options.ts'
import type { OutboxHandlers } from './outbox-handlers.ts'
import { headsAtOnce, outboxStatements } from './outbox-statements.ts'
import { parseOptions } from './parse-options.ts'

const sweepEveryMs = 60_000
const sweptAtOnce = 1000
const afterAbortMs = 1000
const actor = { type: 'system', id: 'outbox' } as const

/** What a dispatcher has done so far. */
export interface DispatcherStatistics {
  readonly delivered: number
  /** Deliveries that failed. */
  readonly failed: number
  readonly givenUp: number
  /** Turns that ended because another process had taken the organization over. */
  readonly lostLeases: number
}

interface Parts {
  readonly tenancy: Tenancy
  /** The control plane's schema, quoted. */
  readonly control: string
  readonly handlers: OutboxHandlers
}

interface ClaimedRow {
  readonly organizationId: string | null
  readonly fence: string | null
  readonly lastHead: string | null
  readonly heads: number
}

/** Hands events to handlers until it is stopped. */
export class OutboxDispatcher {
  readonly #turnParts: TurnParts
  readonly #options: ResolvedDispatcherOptions
  readonly #stopping = new AbortController()
  readonly #turns = new Map<string, Promise<void>>()
  #cursor: string | null = null
  #sweptAt = performance.now()
  #running: Promise<void> = Promise.resolve()

  private constructor(parts: Parts, pool: TenantPool, options: ResolvedDispatcherOptions) {
    this.#options = options
    this.#turnParts = {
      ...parts,
      pool,
      options,
      statements: outboxStatements(parts.control),
      counts: { delivered: 0, failed: 0, givenUp: 0, lostLeases: 0 },
      abort: new AbortController(),
    }
  }

  /** Resolves when the operator scope is open. Called by `outbox.deliver()`. */
  static start(parts: Parts, options: DispatcherOptions): Promise<OutboxDispatcher> {
    const resolved = parseOptions(dispatcherOptionsSchema, options)
    return new Promise((resolve, reject) => {
      // One scope for as long as it runs: a look for events every half a second is nothing that an auditor wants to see.
      const ended = parts.tenancy.operator({ reason: 'deliver events', actor }, async (pool) => {
        const dispatcher = new OutboxDispatcher(parts, pool, resolved)
        const loop = dispatcher.#loop()
        resolve(dispatcher)
        await loop
      })
      ended.catch(reject)
    })
  }

  /**
   * What it has done so far: for metrics.
   *
   * @example
   * ```ts
   * const dispatcher = await outbox.deliver({ 'build.finished': async () => {} })
   * const { failed, givenUp } = dispatcher.statistics() // { failed: 0, givenUp: 0 }
   * await dispatcher.stop()
   * ```
   */
  statistics(): DispatcherStatistics {
    return { ...this.#turnParts.counts }
  }

  /**
   * Takes nothing new, and waits for the handlers that are at work: for `graceMs` milliseconds, after which their signals
   * are aborted, and their events are delivered again by whoever comes next. A handler that does not heed its signal is
   * left behind a second later.
   *
   * @example
   * ```ts
   * const dispatcher = await outbox.deliver({ 'build.finished': async () => {} })
   * await dispatcher.stop({ graceMs: 5000 })
   * ```
   */
  async stop({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stopping.abort()
    const clock = new AbortController()
    const timer = setTimeout(() => this.#turnParts.abort.abort(), graceMs)
    const patience = wait(graceMs + afterAbortMs, undefined, { signal: clock.signal, ref: false }).catch(() => {})
    await Promise.race([this.#running, patience])
    clearTimeout(timer)
    clock.abort()
  }

  #loop(): Promise<void> {
    this.#running = this.#run()
    return this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const claimed = await this.#attempt(() => this.#claim())
      for (const lease of claimed ?? []) this.#begin(lease)
      await this.#attempt(() => this.#sweep())
      if (claimed === undefined || claimed.length === 0) await this.#pause(signal)
    }
    await Promise.all(this.#turns.values())
  }

  /** Nothing to do for now: until the next look, or until a turn ends whose place is free then. */
  async #pause(signal: AbortSignal): Promise<void> {
    const timer = new AbortController()
    const pause = wait(this.#options.pollIntervalMs, undefined, { signal: AbortSignal.any([signal, timer.signal]) })
    const isFull = this.#turns.size >= this.#options.concurrency
    await Promise.race([pause.catch(() => {}), ...(isFull ? this.#turns.values() : [])])
    timer.abort()
  }

  async #claim(): Promise<readonly Lease[]> {
    const free = this.#options.concurrency - this.#turns.size
    if (free <= 0) return []
    const { pool, statements } = this.#turnParts
    const values = [free, this.#options.leaseMs, ...(this.#cursor === null ? [] : [this.#cursor])]
    const { rows } = await pool.query<ClaimedRow>(statements.claim(this.#cursor !== null), values)
    const leases = rows.flatMap(({ organizationId, fence }) =>
      organizationId === null || fence === null ? [] : [{ organizationId, fence }],
    )
    const [first] = rows
    // Behind the last that was looked at, so that those at the front do not have all the turns. Those that were seen and
    // not taken for want of a place come first in the next round.
    const last = leases.length === free ? leases.at(-1)?.organizationId : first?.lastHead
    const isEnd = (first?.heads ?? 0) < headsAtOnce && leases.length < free
    const wrapped = isEnd && this.#cursor !== null && leases.length === 0
    this.#cursor = isEnd ? null : (last ?? null)
    return wrapped ? await this.#claim() : leases
  }

  #begin(lease: Lease): void {
    // A handler of an organization that was lost is still at work: a second one beside it would be out of order.
    if (this.#turns.has(lease.organizationId)) return void this.#attempt(() => this.#giveBack(lease))
    const turn = new OrganizationTurn(this.#turnParts, lease, this.#stopping.signal)
    const ended = this.#attempt(() => turn.run()).then(() => void this.#turns.delete(lease.organizationId))
    this.#turns.set(lease.organizationId, ended)
  }

  async #giveBack({ organizationId, fence }: Lease): Promise<void> {
    const { pool, statements } = this.#turnParts
    await pool.query(statements.release, [organizationId, fence])
  }

  async #sweep(): Promise<void> {
    if (performance.now() - this.#sweptAt < sweepEveryMs) return
    const { pool, statements } = this.#turnParts
    const { rows } = await pool.query(statements.sweep, [this.#options.retentionMs, sweptAtOnce])
    // As long as there is more, it goes on with the next look.
    if (rows.length < sweptAtOnce) this.#sweptAt = performance.now()
  }

  /** A database that is away for a while ends no dispatcher: it is told, and asked again. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      reportFailure(this.#options, { error, givenUp: false })
      return undefined
    }
  }
}
