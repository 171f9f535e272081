import { setTimeout as sleep } from 'node:timers/promises'
import { TenancyError } from '@partywall/tenancy-core'
import { isPostgresError, retryableSqlStates } from '../database/postgres-error.ts'
import type { Session } from '../database/session.ts'
import type { Operation } from '../plan/step.ts'
import { inspectOrganizations, refuseFindings } from '../derive/inspect-organizations.ts'
import { evaluateChecks } from './evaluate-checks.ts'
import { outwaitSnapshots } from './outwait-snapshots.ts'
import type { OnProgress } from './progress.ts'
import { runBatches, type BatchPlace } from './run-batches.ts'

export interface RunOptions {
  readonly session: Session
  readonly onProgress: OnProgress
  /** Milliseconds for which a lock is tried for, over and over, before the run gives up. */
  readonly lockPatienceMs: number
  /** Statements that belong into the same transaction as the operation: its row in the journal. */
  readonly journal?: (session: Session) => Promise<void>
  /** Where an operation in batches keeps its place. */
  readonly place?: BatchPlace
}

export interface OperationResult {
  readonly durationMs: number
  /** Milliseconds for which the successful attempt may have kept others waiting; 0 when its lock stops nobody. */
  readonly blockMs: number
}

/** Locks that make ordinary statements wait. */
const blockingLocks = new Set(['SHARE', 'SHARE ROW EXCLUSIVE', 'ACCESS EXCLUSIVE'])

/**
 * Runs one operation to its end: whole, or not at all; CONCURRENTLY apart, whose remains the next run removes. A lock
 * that is not to be had within the session's `lock_timeout` is given up and tried again, so that nobody queues behind it.
 *
 * @throws TenancyError `LOCK_UNAVAILABLE` when the patience is over; `STEP_FAILED` when a statement fails;
 * `STEP_INCOMPLETE` when the statements ran and the catalog says otherwise.
 */
export async function runOperation(operation: Operation, options: RunOptions): Promise<OperationResult> {
  const startedAt = performance.now()
  const run = runners[operation.mode]
  for (let attempt = 1; ; attempt += 1) {
    const attemptedAt = performance.now()
    try {
      await run(operation, options)
      await requireDone(operation, options.session)
      const finishedAt = performance.now()
      return {
        durationMs: finishedAt - startedAt,
        blockMs: blockingLocks.has(operation.lock) ? finishedAt - attemptedAt : 0,
      }
    } catch (error) {
      if (!isPostgresError(error, ...retryableSqlStates)) throw failed(operation, error)
      if (performance.now() - startedAt > options.lockPatienceMs) throw unavailable(operation, error)
      options.onProgress({ type: 'waiting', operation, attempt, blockers: await findBlockers(options.session) })
      // Jitter, so that two who wait for each other's locks do not meet again and again.
      await sleep(50 + Math.random() * Math.min(1000, 100 * attempt))
    }
  }
}

const runners = {
  transaction: runTransaction,
  concurrent: runConcurrent,
  batches: runBatches,
  inspection: runInspection,
} as const

async function runInspection(operation: Operation, options: RunOptions): Promise<void> {
  refuseFindings(await inspectOrganizations(options.session, operation.inspections ?? []))
  await options.journal?.(options.session)
}

async function runTransaction(operation: Operation, { session, journal }: RunOptions): Promise<void> {
  await session.query('begin')
  try {
    for (const statement of operation.statements) await session.query(statement)
    await journal?.(session)
    await session.query('commit')
  } catch (error) {
    await session.query('rollback').catch(() => undefined)
    throw error
  }
}

/**
 * A concurrent build waits for every older snapshot: with the short `lock_timeout` of the others it would leave an
 * invalid index each time.
 */
async function runConcurrent(operation: Operation, options: RunOptions): Promise<void> {
  const { session, journal, lockPatienceMs, onProgress } = options
  const isFree = await outwaitSnapshots({
    session,
    patienceMs: lockPatienceMs,
    onWaiting: (attempt, blockers) => onProgress({ type: 'waiting', operation, attempt, blockers }),
  })
  if (!isFree) throw unavailable(operation)
  const { rows } = await session.query<{ before: string }>("select current_setting('lock_timeout') as before")
  await session.query(`set lock_timeout = ${Math.max(1, Math.round(lockPatienceMs))}`)
  try {
    if (operation.index !== undefined && (await isInvalid(session, operation.index))) {
      await session.query(`drop index concurrently if exists ${operation.index}`)
    }
    for (const statement of operation.statements) await session.query(statement)
  } finally {
    await session
      .query("select set_config('lock_timeout', $1, false)", [rows[0]?.before ?? '200ms'])
      .catch(() => undefined)
  }
  await journal?.(session)
}

async function isInvalid(session: Session, index: string): Promise<boolean> {
  const { rows } = await session.query('select from pg_index where indexrelid = to_regclass($1) and not indisvalid', [
    index,
  ])
  return rows.length > 0
}

async function requireDone(operation: Operation, session: Session): Promise<void> {
  const results = await evaluateChecks(session, operation.checks)
  const missing = operation.checks.find((_check, at) => results[at] !== true)
  if (missing === undefined) return
  throw new TenancyError(
    'STEP_INCOMPLETE',
    `${operation.id} ran, but the catalog does not show it: ${missing.object}. Run the command again; if it stays, report it with this message.`,
    {
      details: { step: operation.id, object: missing.object },
    },
  )
}

async function findBlockers(session: Session): Promise<readonly string[]> {
  // The lock is given up by now: what can be told is who has been in a transaction for long.
  const { rows } = await session.query<{ blocker: string }>(
    `select format('%s (%s, %s s%s)', pid, coalesce(nullif(application_name, ''), usename, backend_type), round(extract(epoch from clock_timestamp() - xact_start)), case state when 'idle in transaction' then ', idle in transaction' else '' end) as blocker
     from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and xact_start < clock_timestamp() - interval '100 ms' order by xact_start limit 3`,
  )
  return rows.map((row) => row.blocker)
}

function failed(operation: Operation, error: unknown): Error {
  if (!isPostgresError(error)) return error instanceof Error ? error : new Error(String(error))
  const privilege = error.code === '42501'
  const advice = privilege
    ? `\nThe login may not do this. Have a DBA run, then run the command again:\n${operation.statements.join(';\n')};`
    : '\nNothing of this step was kept. Resolve it and run the command again.'
  return new TenancyError(
    privilege ? 'PRIVILEGE_MISSING' : 'STEP_FAILED',
    `${operation.id} failed: ${error.message}${advice}`,
    {
      details: {
        step: operation.id,
        sqlState: error.code,
        ...(error.table === undefined ? {} : { table: error.table }),
        ...(privilege ? { statements: operation.statements } : {}),
      },
      cause: error,
    },
  )
}

function unavailable(operation: Operation, cause?: unknown): TenancyError {
  const left =
    operation.mode === 'concurrent'
      ? 'No index stands that was not there before, except an invalid one that the next run drops'
      : 'Nothing was changed by this step'
  return new TenancyError(
    'LOCK_UNAVAILABLE',
    `${operation.id}: the lock (${operation.lock}) was not to be had. ${left}; look for long transactions and run the command again.`,
    {
      details: { step: operation.id, lock: operation.lock },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
