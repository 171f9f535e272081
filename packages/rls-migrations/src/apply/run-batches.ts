import { setTimeout as sleep } from 'node:timers/promises'
import { TenancyError } from '@partywall/tenancy-core'
import { isPostgresError, retryableSqlStates } from '../database/postgres-error.ts'
import type { Session } from '../database/session.ts'
import type { BatchedUpdate, Operation } from '../plan/step.ts'
import { updateStatement } from '../plan/steps/backfill.ts'
import { quoteIdentifier, quoteLiteral, quoteName } from '../sql/identifier.ts'
import { holdReason } from './hold-reason.ts'
import type { BatchProgress } from './journal.ts'
import type { RunOptions } from './run-operation.ts'

/** Where an operation in batches keeps its place. */
export interface BatchPlace {
  read(): Promise<BatchProgress | undefined>
  /** In the transaction of the batch; false when places in the table mean nothing any more. */
  advance(progress: BatchProgress): Promise<boolean>
}

/** Milliseconds that a batch is meant to take: as long as the service may wait for a row that is in it. */
const BATCH_MS = 120

/** Milliseconds between two looks at the replicas and at autovacuum. */
const LOOK_EVERY_MS = 1_000

/** Milliseconds for which batches are held back at once, so that no run stands still for ever. */
const HOLD_MS = 300_000

/** An adapted size in blocks of the table: from one to a gigabyte. */
const [FIRST_BLOCKS, MOST_BLOCKS] = [32, 131_072]

/**
 * Writes a table from its first block to its last, a batch at a time, in the order in which it lies on disk: every page
 * is read once and needs no key. What the service writes meanwhile may come to lie in front of it: new rows are complete by
 * a trigger, and what is left of others is the business of the pass after it. A batch and its place in the journal are one transaction.
 *
 * @throws TenancyError `LOCK_UNAVAILABLE` when rows stay locked; `ORGANIZATION_ORPHANED` when some are left without a value.
 */
export async function runBatches(operation: Operation, options: RunOptions): Promise<void> {
  const { batches } = operation
  const { place } = options
  if (batches === undefined || place === undefined) throw new TypeError(`${operation.id} has no batches`)
  const isDone = batches.complete && (await countMissing(options.session, batches)) === 0
  if (!isDone) await new BatchRun({ operation, update: batches, place, options }).toEnd()
  if (!isDone && batches.complete) await requireComplete(options.session, batches)
  await options.journal?.(options.session)
}

interface BatchParts {
  readonly operation: Operation
  readonly update: BatchedUpdate
  readonly place: BatchPlace
  readonly options: RunOptions
}

class BatchRun {
  readonly #parts: BatchParts
  #statement = ''
  #silences = false
  #blocks = FIRST_BLOCKS
  #rows = 0
  #lookedAt = 0
  #succeededAt = performance.now()

  constructor(parts: BatchParts) {
    this.#parts = parts
  }

  async toEnd(): Promise<void> {
    const { place, update, options } = this.#parts
    this.#statement = batchStatement(update, await serverVersion(options.session))
    this.#silences = update.silent && (await maySilence(options.session))
    let at = await this.#from(await place.read())
    while (at.next < at.end) {
      await this.#hold(at)
      const next = Math.min(at.next + this.#blocks, at.end)
      const startedAt = performance.now()
      const outcome = await this.#batch(at, { ...at, next })
      if (outcome === 'rewritten') at = await this.#from(undefined)
      if (outcome === 'done') {
        this.#adapt(performance.now() - startedAt)
        at = { ...at, next }
        options.onProgress({
          type: 'batch',
          operation: this.#parts.operation,
          rows: this.#rows,
          fraction: next / at.end,
        })
      }
    }
  }

  /** Goes on where the last run stopped, unless the table was rewritten since. */
  async #from(before: BatchProgress | undefined): Promise<BatchProgress> {
    const table = quoteName(this.#parts.update)
    const { rows } = await this.#parts.options.session.query<{ file: string; end: number }>(
      `select pg_relation_filenode($1::regclass)::text as file, ceil(pg_relation_size($1::regclass)::float8 / current_setting('block_size')::int)::float8 as "end"`,
      [table],
    )
    const { file = '', end = 0 } = rows[0] ?? {}
    return before?.file === file ? before : { table, file, next: 0, end }
  }

  async #batch(from: BatchProgress, to: BatchProgress): Promise<'done' | 'rewritten' | 'again'> {
    const { session } = this.#parts.options
    // The batch and its place are kept or lost together: nothing depends on when they reach the disk.
    const silence = this.#silences ? '; set local session_replication_role = replica' : ''
    await session.query(`begin; set local synchronous_commit = off${silence}`)
    try {
      const { rowCount } = await session.query(this.#statement, [from.next, to.next])
      const isSame = await this.#parts.place.advance(to)
      await session.query(isSame ? 'commit' : 'rollback')
      if (!isSame) return 'rewritten'
      this.#rows += rowCount ?? 0
      this.#succeededAt = performance.now()
      return 'done'
    } catch (error) {
      await session.query('rollback').catch(() => undefined)
      await this.#retry(error)
      return 'again'
    }
  }

  /** Smaller, and after a pause: whoever holds a row of the batch is let by. A parent may have moved under a child, too. */
  async #retry(error: unknown): Promise<void> {
    const { operation, options } = this.#parts
    const isPassing = isPostgresError(error, ...retryableSqlStates, '23503')
    if (!isPassing || performance.now() - this.#succeededAt > options.lockPatienceMs) throw error
    this.#blocks = Math.max(1, Math.floor(this.#blocks / 2))
    options.onProgress({ type: 'waiting', operation, attempt: 1, blockers: [] })
    await sleep(20 + Math.random() * 200)
  }

  #adapt(elapsedMs: number): void {
    const factor = Math.min(2, Math.max(0.5, BATCH_MS / Math.max(elapsedMs, 1)))
    this.#blocks = Math.min(MOST_BLOCKS, Math.max(1, Math.round(this.#blocks * factor)))
  }

  async #hold(at: BatchProgress): Promise<void> {
    const { operation, update, options } = this.#parts
    const heldSince = performance.now()
    if (heldSince - this.#lookedAt < LOOK_EVERY_MS) return
    for (;;) {
      this.#lookedAt = performance.now()
      const held = await holdReason(options.session, update)
      if (held === undefined) break
      if (this.#lookedAt - heldSince > HOLD_MS) {
        // It does not get better by waiting: half of the time is given to it, and half to the batches.
        this.#lookedAt += HOLD_MS
        break
      }
      options.onProgress({ type: 'batch', operation, rows: this.#rows, fraction: at.next / at.end, held })
      await sleep(LOOK_EVERY_MS)
    }
    this.#succeededAt = performance.now()
  }
}

/** A range of places is read directly from 14 on; before that, as a list of all places that its blocks can have. */
function batchStatement(update: BatchedUpdate, version: number): string {
  const range =
    version >= 140000
      ? `t0.ctid >= format('(%s,0)', $1::int8)::tid and t0.ctid < format('(%s,0)', $2::int8)::tid`
      : `t0.ctid = any (array(select format('(%s,%s)', block, line)::tid from generate_series($1::int8, $2::int8 - 1) block, generate_series(1, current_setting('block_size')::int / 28) line))`
  return updateStatement(update, `${range} and `)
}

async function serverVersion(session: Session): Promise<number> {
  const { rows } = await session.query<{ version: number }>(
    "select current_setting('server_version_num')::int as version",
  )
  return rows[0]?.version ?? 0
}

/** Whether the login may switch off the triggers of its own session: a superuser, or from 15 on who was granted it. */
async function maySilence(session: Session): Promise<boolean> {
  await session.query('begin')
  try {
    await session.query('set local session_replication_role = replica')
    return true
  } catch {
    return false
  } finally {
    await session.query('rollback')
  }
}

async function countMissing(session: Session, update: BatchedUpdate): Promise<number> {
  const { rows } = await session.query<{ orphans: number }>(
    `select count(*)::float8 as orphans from only ${quoteName(update)} where ${quoteIdentifier(update.column)} is null`,
  )
  return rows[0]?.orphans ?? 0
}

async function requireComplete(session: Session, update: BatchedUpdate): Promise<void> {
  const orphans = await countMissing(session, update)
  if (orphans === 0) return
  throw new TenancyError(
    'ORGANIZATION_ORPHANED',
    `${orphans} rows of ${quoteLiteral(update.name)} reach no organization. They came after the rows were looked at. Correct them, or let them belong to the default organization, and run the command again.`,
    { details: { table: update.name, orphans } },
  )
}
