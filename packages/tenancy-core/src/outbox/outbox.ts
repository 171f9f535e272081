import * as z from 'zod'
import type { Actor } from '../scope.ts'
import type { Tenancy } from '../tenancy.ts'
import { TenancyError } from '../tenancy-error.ts'
import type { WriteOptions } from '../transaction/caller-transaction.ts'
import { inTransaction } from '../transaction/in-transaction.ts'
import { sqlStateOf } from '../transaction/sql-state.ts'
import { OutboxDispatcher } from './outbox-dispatcher.ts'
import type { DispatcherOptions } from './dispatcher-options.ts'
import type { OutboxEvents, OutboxEventType } from './outbox-event.ts'
import { backlogStatement } from './outbox-backlog.ts'
import type { OutboxBacklog } from './outbox-backlog.ts'
import type { OutboxHandlers } from './outbox-handlers.ts'
import { parseOptions } from './parse-options.ts'

/** Options of {@link createOutbox}. */
export interface OutboxOptions {
  /** The schema of the control plane. @defaultValue `'partywall'` */
  readonly schema?: string | undefined
}

/** An event that was given up. */
export interface DeadLetter {
  readonly id: string
  readonly organizationId: string
  readonly position: number
  readonly type: string
  readonly payload: unknown
  readonly attempts: number
  readonly deadAt: Date
  /** The message of the last error, up to 500 characters. */
  readonly lastError: string | null
}

/** A page of dead letters, the oldest first. */
export interface DeadLetterPage {
  /** From 1 to 1000. @defaultValue 100 */
  readonly limit?: number | undefined
  /** The id with which the page before ended. */
  readonly after?: string | undefined
}

/** Events, written with what caused them, and delivered at least once, in the order of their organization. */
export interface Outbox {
  /**
   * Appends an event of the service to the organization in scope: it takes effect with the transaction that it is written
   * in, or not at all. Until that ends, others that append for the organization wait, which makes the order of the
   * positions that of the commits. In a transaction that is REPEATABLE READ or stricter they fail with 40001 instead.
   *
   * Events that begin with a word of the control plane (`organization`, `member`, `invitation`, `domain`, `api_key`,
   * `subscription`, `settings`) are written by what causes them.
   *
   * @throws {TenancyError} `OUTBOX_EVENT_INVALID` for a type that is none or reserved, or a payload that is no object or has
   * over 64 KiB as JSON.
   * @throws {TenancyError} `TENANT_REQUIRED` outside a scope, `TRANSACTION_INVALID` for a transaction that is none.
   *
   * @example
   * ```ts
   * await tenancy.run({ organizationId }, () => outbox.append('build.finished', { buildId: '7' }))
   * ```
   */
  append<Type extends OutboxEventType>(type: Type, payload: OutboxEvents[Type], options?: WriteOptions): Promise<void>

  /**
   * Starts to hand events to the handlers, in the scope of their organization, one at a time for each organization, many
   * organizations at once. Any number of processes may do so: an organization has one of them at a time. It opens one
   * operator scope, for as long as it runs.
   *
   * @throws {TenancyError} `CONFIGURATION_INVALID` when an option is out of range.
   * @throws {TenancyError} `OPERATOR_UNAVAILABLE` when the tenancy has no operator login.
   *
   * @example
   * ```ts
   * const dispatcher = await outbox.deliver({ 'build.finished': async (event) => console.log(event.payload.buildId) })
   * await dispatcher.stop()
   * ```
   */
  deliver(handlers: OutboxHandlers, options?: DispatcherOptions): Promise<OutboxDispatcher>

  /**
   * What waits to be delivered, what was given up, and since when: for alerts. Opens an operator scope. It reads every
   * event that is pending.
   *
   * @throws {TenancyError} `OPERATOR_UNAVAILABLE`.
   *
   * @example
   * ```ts
   * const { dead } = await outbox.backlog({ type: 'system', id: 'monitoring' }) // { dead: 1 }
   * ```
   */
  backlog(actor: Actor): Promise<OutboxBacklog>

  /**
   * Events that were given up, of every organization. Opens an operator scope.
   *
   * @throws {TenancyError} `CONFIGURATION_INVALID` when the page is out of range; `OPERATOR_UNAVAILABLE`.
   *
   * @example
   * ```ts
   * const letters = await outbox.deadLetters({ type: 'system', id: 'support' }, { limit: 20 })
   * letters.map(({ type, lastError }) => `${type}: ${lastError}`) // ['build.finished: no such build']
   * ```
   */
  deadLetters(actor: Actor, page?: DeadLetterPage): Promise<readonly DeadLetter[]>

  /**
   * Has an event delivered again that was given up, however late it is in the order of its organization.
   *
   * @throws {TenancyError} `OUTBOX_EVENT_UNKNOWN` when no such event was given up; `OPERATOR_UNAVAILABLE`.
   *
   * @example
   * ```ts
   * const actor = { type: 'system', id: 'support' } as const
   * const [letter] = await outbox.deadLetters(actor)
   * await outbox.redrive(letter.id, actor)
   * await outbox.redrive(letter.id, actor) // TenancyError OUTBOX_EVENT_UNKNOWN
   * ```
   */
  redrive(id: string, actor: Actor): Promise<void>

  /**
   * Forgets an event that was given up.
   *
   * @throws {TenancyError} `OUTBOX_EVENT_UNKNOWN` when no such event was given up; `OPERATOR_UNAVAILABLE`.
   *
   * @example
   * ```ts
   * const actor = { type: 'system', id: 'support' } as const
   * const [letter] = await outbox.deadLetters(actor)
   * await outbox.discard(letter.id, actor)
   * await outbox.deadLetters(actor) // []
   * ```
   */
  discard(id: string, actor: Actor): Promise<void>
}

const optionsSchema = z.strictObject({ schema: z.string().min(1).max(63).default('partywall') })
const pageSchema = z.strictObject({
  limit: z.number().int().min(1).max(1000).default(100),
  after: z.uuid().optional(),
})
const nil = '00000000-0000-0000-0000-000000000000'
const maxPayloadBytes = 65_536

/**
 * @throws {TenancyError} `CONFIGURATION_INVALID` when an option is wrong.
 *
 * @example
 * ```ts
 * const outbox = createOutbox(tenancy)
 * const { dead } = await outbox.backlog({ type: 'system', id: 'monitoring' }) // { dead: 1 }
 * ```
 */
export function createOutbox(tenancy: Tenancy, options: OutboxOptions = {}): Outbox {
  const { schema } = parseOptions(optionsSchema, options)
  return new PostgresOutbox(tenancy, `"${schema.replaceAll('"', '""')}"`)
}

class PostgresOutbox implements Outbox {
  readonly #tenancy: Tenancy
  /** Quoted. */
  readonly #control: string

  constructor(tenancy: Tenancy, control: string) {
    this.#tenancy = tenancy
    this.#control = control
  }

  async append<Type extends OutboxEventType>(
    type: Type,
    payload: OutboxEvents[Type],
    options: WriteOptions = {},
  ): Promise<void> {
    const { actor } = this.#tenancy.requireTenant()
    const values = [type, payloadText(payload), actor === undefined ? null : JSON.stringify(actor)]
    const statement = `select ${this.#control}.append_event($1, $2::jsonb, $3::jsonb)`
    try {
      await inTransaction(this.#tenancy, options.transaction, (run) => run(statement, values))
    } catch (error) {
      throw explained(error, type)
    }
  }

  deliver(handlers: OutboxHandlers, options: DispatcherOptions = {}): Promise<OutboxDispatcher> {
    return OutboxDispatcher.start({ tenancy: this.#tenancy, control: this.#control, handlers }, options)
  }

  async backlog(actor: Actor): Promise<OutboxBacklog> {
    const statement = { text: backlogStatement(this.#control), values: [] }
    const [row] = await this.#asOperator<OutboxBacklog>(actor, 'look at the backlog of events', statement)
    return row as OutboxBacklog
  }

  async deadLetters(actor: Actor, page: DeadLetterPage = {}): Promise<readonly DeadLetter[]> {
    const { limit, after } = parseOptions(pageSchema, page)
    const dead = `${this.#control}.outbox_dead_letters`
    return await this.#asOperator<DeadLetter>(actor, 'list events that were given up', {
      text: `select id, organization_id::text as "organizationId", position::float8 as position, type, payload, attempts,
               dead_at as "deadAt", last_error as "lastError" from ${dead}
             where (dead_at, id) > (select dead_at, id from ${dead} where id = $2::uuid
               union all select '-infinity', '${nil}'::uuid where $2::uuid is null)
             order by dead_at, id limit $1`,
      values: [limit, after ?? null],
    })
  }

  async redrive(id: string, actor: Actor): Promise<void> {
    await this.#change(id, actor, {
      reason: 'redrive an event that was given up',
      change: 'update OUTBOX set dead_at = null, redriven_at = now(), attempts = 0, available_at = now()',
    })
  }

  async discard(id: string, actor: Actor): Promise<void> {
    await this.#change(id, actor, { reason: 'discard an event that was given up', change: 'delete from OUTBOX' })
  }

  async #change(id: string, actor: Actor, { reason, change }: { reason: string; change: string }): Promise<void> {
    const isId = z.uuid().safeParse(id).success
    const text = `${change.replace('OUTBOX', `${this.#control}.outbox`)} where id = $1 and dead_at is not null returning 1`
    const rows = isId ? await this.#asOperator(actor, reason, { text, values: [id] }) : []
    if (rows.length > 0) return
    throw new TenancyError(
      'OUTBOX_EVENT_UNKNOWN',
      `No event with the id ${JSON.stringify(id.slice(0, 40))} was given up. List them with deadLetters().`,
    )
  }

  async #asOperator<Row extends object>(
    actor: Actor,
    reason: string,
    statement: { readonly text: string; readonly values: unknown[] },
  ): Promise<readonly Row[]> {
    const { text, values } = statement
    const { rows } = await this.#tenancy.operator({ reason, actor }, (pool) => pool.query<Row & object>(text, values))
    return rows
  }
}

function payloadText(payload: unknown): string {
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload)
  const text = isObject ? JSON.stringify(payload) : undefined
  if (text === undefined) throw invalid('its payload is no object')
  if (text.includes(String.raw`\u0000`)) throw invalid('its payload has a NUL, which PostgreSQL cannot hold')
  if (Buffer.byteLength(text) > maxPayloadBytes) throw invalid(`its payload has over ${maxPayloadBytes} bytes as JSON`)
  return text
}

function explained(error: unknown, type: string): unknown {
  const sqlState = sqlStateOf(error)
  if (sqlState === 'PW030') return invalid(`events ${type.split('.')[0]}.… are written by what causes them`, error)
  if (sqlState === '23514') return invalid('PostgreSQL refuses its type or its payload', error)
  return error
}

function invalid(why: string, cause?: unknown): TenancyError {
  const hint = 'Pass a type of two words or more, as build.finished, and a plain object of up to 64 KiB as JSON.'
  return new TenancyError('OUTBOX_EVENT_INVALID', `The event was not appended: ${why}. ${hint}`, { cause })
}
