import type { Tenancy } from '../tenancy.ts'
import type { TenantPool } from '../tenant-pool.ts'
import type { Actor } from '../scope.ts'
import { reportFailure } from './dispatcher-options.ts'
import type { ResolvedDispatcherOptions } from './dispatcher-options.ts'
import type { OutboxEvent, OutboxEvents, OutboxEventType } from './outbox-event.ts'
import { handlersOf } from './outbox-handlers.ts'
import type { OutboxHandlers } from './outbox-handlers.ts'
import type { OutboxStatements } from './outbox-statements.ts'
import { retryDelayMs } from './retry-delay.ts'
import { runHandlers } from './run-handlers.ts'

const maxErrorLength = 500

/** The right to deliver the events of an organization, until it expires. */
export interface Lease {
  readonly organizationId: string
  /** Grows with every lease of the organization: whoever has an older one changes nothing any more. */
  readonly fence: string
}

/** What the turns of a dispatcher share. */
export interface TurnParts {
  readonly tenancy: Tenancy
  readonly pool: TenantPool
  readonly handlers: OutboxHandlers
  readonly options: ResolvedDispatcherOptions
  readonly statements: OutboxStatements
  readonly counts: { delivered: number; failed: number; givenUp: number; lostLeases: number }
  /** Aborted when a stop waits no longer. */
  readonly abort: AbortController
}

interface EventRow {
  readonly held: number
  readonly id: string | null
  readonly position: number
  readonly type: OutboxEventType
  readonly payload: OutboxEvents[OutboxEventType]
  readonly actor: Actor | null
  readonly createdAt: Date
  readonly attempt: number
  readonly redriven: boolean
}

/** Delivers events of one organization, in order, under a lease. */
export class OrganizationTurn {
  readonly #parts: TurnParts
  readonly #lease: Lease
  readonly #stopping: AbortSignal
  readonly #lost = new AbortController()

  constructor(parts: TurnParts, lease: Lease, stopping: AbortSignal) {
    this.#parts = parts
    this.#lease = lease
    this.#stopping = stopping
  }

  async run(): Promise<void> {
    const { leaseMs, eventsPerTurn } = this.#parts.options
    const renewing = setInterval(() => void this.#renew(), leaseMs / 3)
    try {
      let event = await this.#advance(null)
      for (let count = 1; event !== undefined; count += 1) {
        const outcome = await this.#deliver(event)
        if (outcome === 'stop') return
        const delivered = outcome === 'delivered' ? event.position : null
        const isOver = count >= eventsPerTurn || this.#stopping.aborted
        event = isOver ? await this.#end(delivered) : await this.#advance(delivered)
      }
    } finally {
      clearInterval(renewing)
      await this.#release()
    }
  }

  /** Records that an event was delivered and begins the next, in one statement: what is begun counts as an attempt. */
  async #advance(delivered: number | null): Promise<OutboxEvent | undefined> {
    const { pool, statements, counts } = this.#parts
    const { organizationId, fence } = this.#lease
    const { rows } = await pool.query<EventRow>(statements.advance, [organizationId, fence, delivered])
    const [row] = rows
    if (row === undefined || row.held === 0) {
      this.#lose()
      return undefined
    }
    if (delivered !== null) counts.delivered += 1
    if (row.id === null) return undefined
    const { held: _held, id, ...rest } = row
    return { id, organizationId, ...rest }
  }

  async #end(delivered: number | null): Promise<undefined> {
    if (delivered === null) return
    const { pool, statements, counts } = this.#parts
    const { organizationId, fence } = this.#lease
    const { rows } = await pool.query(statements.finish, [organizationId, fence, delivered])
    if (rows.length === 0) this.#lose()
    else counts.delivered += 1
  }

  async #deliver(event: OutboxEvent): Promise<'delivered' | 'given-up' | 'stop'> {
    const { tenancy, handlers, options, abort } = this.#parts
    // Its last delivery was begun and never ended: an event that ends its process would else end one after the other.
    if (event.attempt > options.maxAttempts) {
      return await this.#fail(event, new Error('The last delivery was begun, and its process told nothing of its end'))
    }
    const signal = AbortSignal.any([this.#lost.signal, abort.signal])
    const scope = { organizationId: event.organizationId, actor: { type: 'system', id: 'outbox' } } as const
    const within = (work: () => Promise<void>): Promise<void> => tenancy.run(scope, work)
    try {
      const timeoutMs = options.handlerTimeoutMs
      await runHandlers(handlersOf(handlers, event.type), event, { timeoutMs, signal, within })
    } catch (error) {
      // It was told to give up: no fault of the event.
      return signal.aborted ? 'stop' : await this.#fail(event, error)
    }
    return signal.aborted ? 'stop' : 'delivered'
  }

  /** An event that is given up lets the next one follow. */
  async #fail(event: OutboxEvent, error: unknown): Promise<'given-up' | 'stop'> {
    const { pool, statements, options, counts } = this.#parts
    const { organizationId, fence } = this.#lease
    counts.failed += 1
    const message = messageOf(error).slice(0, maxErrorLength)
    const delayMs = retryDelayMs(event.attempt)
    const values = [organizationId, fence, event.position, message, delayMs, options.maxAttempts]
    const { rows } = await pool.query<{ dead: boolean }>(statements.fail, values)
    if (rows.length === 0) this.#lose()
    const givenUp = rows[0]?.dead === true
    if (givenUp) counts.givenUp += 1
    reportFailure(options, { error, event, givenUp })
    return givenUp ? 'given-up' : 'stop'
  }

  async #renew(): Promise<void> {
    const { pool, statements, options } = this.#parts
    const { organizationId, fence } = this.#lease
    try {
      const { rows } = await pool.query(statements.renew, [organizationId, fence, options.leaseMs])
      if (rows.length === 0) this.#lose()
    } catch (error) {
      // The next renewal may get through; if none does, the lease expires, and another process goes on.
      reportFailure(options, { error, givenUp: false })
    }
  }

  #lose(): void {
    if (this.#lost.signal.aborted) return
    this.#parts.counts.lostLeases += 1
    this.#lost.abort()
  }

  async #release(): Promise<void> {
    if (this.#lost.signal.aborted) return
    const { pool, statements } = this.#parts
    await pool.query(statements.release, [this.#lease.organizationId, this.#lease.fence])
  }
}

/** PostgreSQL has no NUL in a text. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replaceAll('\0', '')
}
