import { setTimeout as sleep } from 'node:timers/promises'
import { isPostgresError, retryableSqlStates } from '../database/postgres-error.ts'
import { defaultLockTimeout, type Session } from '../database/session.ts'
import type { Operation } from '../plan/step.ts'
import { inspectOrganizations, refuseFindings } from '../derive/inspect-organizations.ts'
import { findLongTransactions, type Blocker } from './blockers.ts'
import { evaluateChecks } from './evaluate-checks.ts'
import type { LockWatch, Watcher } from './lock-watch.ts'
import { lockUnavailable, operationFailed, operationIncomplete } from './operation-errors.ts'
import { outwaitSnapshots } from './outwait-snapshots.ts'
import type { OnProgress } from './progress.ts'
import { runBatches, type BatchPlace } from './run-batches.ts'
import { runEach } from './run-each.ts'
import { AUTOVACUUM_PATIENCE, yieldAutovacuum } from './yield-autovacuum.ts'

export interface RunOptions {
  readonly session: Session
  readonly onProgress: OnProgress
  /** Milliseconds for which a lock is tried for, over and over, before the run gives up. */
  readonly lockPatienceMs: number
  /** Statements that belong into the same transaction as the operation: its row in the journal. */
  readonly journal?: (session: Session) => Promise<void>
  /** Where an operation in batches keeps its place. */
  readonly place?: BatchPlace
  /** Sees who is in the way while an attempt waits; without it only the oldest transactions can be named. */
  readonly watch?: LockWatch | undefined
}

export interface OperationResult {
  readonly durationMs: number
  /** Milliseconds for which the successful attempt may have kept others waiting; 0 when its lock stops nobody. */
  readonly blockMs: number
}

/** Locks that make ordinary statements wait. */
const blockingLocks = new Set(['SHARE', 'SHARE ROW EXCLUSIVE', 'ACCESS EXCLUSIVE'])

/**
 * Milliseconds that a step waits for a lock while it holds one already that stops others. Whoever holds the second and
 * wants the first is in a deadlock with the step for as long.
 */
const LATER_LOCK_MS = 40

/**
 * Runs one operation to its end: whole, or not at all; CONCURRENTLY apart, whose remains the next run removes. A lock
 * that is not to be had within the session's `lock_timeout` is given up and tried again, so that nobody queues behind it.
 *
 * @throws TenancyError `LOCK_UNAVAILABLE` when the patience is over; `STEP_FAILED` when a statement fails;
 * `STEP_INCOMPLETE` when the statements ran and the catalog says otherwise.
 */
export async function runOperation(operation: Operation, options: RunOptions): Promise<OperationResult> {
  return operation.each === undefined ? await runWhole(operation, options) : await runInPieces(operation, options)
}

/** The row in the journal follows the last piece: until then the catalog tells how far it is. */
async function runInPieces(operation: Operation, { journal, ...options }: RunOptions): Promise<OperationResult> {
  const startedAt = performance.now()
  let blockMs = 0
  await runEach(operation, options.session, async (piece) => {
    blockMs = Math.max(blockMs, (await runWhole(piece, options)).blockMs)
  })
  await requireDone(operation, options.session)
  await journal?.(options.session)
  return { durationMs: performance.now() - startedAt, blockMs }
}

async function runWhole(operation: Operation, options: RunOptions): Promise<OperationResult> {
  const startedAt = performance.now()
  const { session, onProgress, lockPatienceMs } = options
  let vacuumed: VacuumInTheWay = { attempts: 0, relation: null }
  for (let attempt = 1; ; attempt += 1) {
    let seen: readonly Blocker[] = []
    try {
      const watcher = watcherOf(operation, onProgress, (blockers) => (seen = blockers))
      const run = (): Promise<number> =>
        operation.mode === 'transaction'
          ? runTransaction(operation, options, yieldsTo(vacuumed))
          : runners[operation.mode](operation, options)
      const blockMs = options.watch === undefined ? await run() : await options.watch.during(run, watcher)
      await requireDone(operation, session)
      return { durationMs: performance.now() - startedAt, blockMs }
    } catch (error) {
      if (!isPostgresError(error, ...retryableSqlStates)) throw operationFailed(operation, error)
      const blockers = seen.length > 0 ? seen : await findLongTransactions(session)
      if (performance.now() - startedAt > lockPatienceMs) throw lockUnavailable(operation, blockers, error)
      vacuumed = countVacuum(vacuumed, seen)
      onProgress({ type: 'waiting', operation, attempt, blockers })
      // Jitter, so that two who wait for each other's locks do not meet again and again.
      await sleep(50 + Math.random() * Math.min(1000, 100 * attempt))
    }
  }
}

/** Each tells for how many milliseconds it may have kept others waiting. */
const runners = {
  concurrent: runConcurrent,
  batches: async (operation: Operation, options: RunOptions): Promise<number> => {
    await runBatches(operation, options)
    return 0
  },
  inspection: async ({ inspections = [] }: Operation, { session, journal }: RunOptions): Promise<number> => {
    refuseFindings(await inspectOrganizations(session, inspections))
    await journal?.(session)
    return 0
  },
} as const

interface VacuumInTheWay {
  readonly attempts: number
  readonly relation: string | null
}

function countVacuum(before: VacuumInTheWay, blockers: readonly Blocker[]): VacuumInTheWay {
  const vacuum = blockers.find((blocker) => blocker.isAutovacuum && blocker.relation !== null)
  return vacuum === undefined ? before : { attempts: before.attempts + 1, relation: vacuum.relation }
}

/** The table from which autovacuum is asked to go; null while it is still waited for. */
function yieldsTo({ attempts, relation }: VacuumInTheWay): string | null {
  return attempts >= AUTOVACUUM_PATIENCE ? relation : null
}

/** Long builds tell how far they are, and for whom they wait; once a second is enough for a person. */
function watcherOf(
  operation: Operation,
  onProgress: OnProgress,
  onSeen: (blockers: readonly Blocker[]) => void,
): Watcher {
  if (operation.mode === 'transaction') return { onBlocked: onSeen }
  let toldAt = 0
  let pass = { phase: '', since: 0 }
  const isTold = (): boolean => {
    const isDue = performance.now() - toldAt >= 1000
    if (isDue) toldAt = performance.now()
    return !isDue
  }
  return {
    onBlocked: (blockers) => {
      onSeen(blockers)
      if (!isTold()) onProgress({ type: 'waiting', operation, attempt: 1, blockers })
    },
    onBuild: ({ phase, done, total }) => {
      if (phase !== pass.phase) pass = { phase, since: performance.now() }
      const elapsedMs = performance.now() - pass.since
      if (total > 0 && !isTold())
        onProgress({ type: 'advanced', operation, phase, done, total, unit: 'blocks', elapsedMs })
    },
  }
}

/** Milliseconds for which others may have waited are counted from the first statement: what comes before stops nobody. */
async function runTransaction(
  operation: Operation,
  { session, journal }: RunOptions,
  vacuumedRelation: string | null,
): Promise<number> {
  const isBlocking = blockingLocks.has(operation.lock)
  await session.query('begin')
  try {
    if (vacuumedRelation !== null) await yieldAutovacuum(session, vacuumedRelation)
    const lockedAt = performance.now()
    for (const [at, statement] of operation.statements.entries()) {
      if (at === 1 && isBlocking) await session.query(`set local lock_timeout = ${LATER_LOCK_MS}`)
      await session.query(statement)
    }
    await journal?.(session)
    await session.query('commit')
    return isBlocking ? performance.now() - lockedAt : 0
  } catch (error) {
    await session.query('rollback').catch(() => undefined)
    throw error
  }
}

/**
 * A concurrent build waits for every older snapshot: with the short `lock_timeout` of the others it would leave an
 * invalid index each time.
 */
async function runConcurrent(operation: Operation, options: RunOptions): Promise<number> {
  const { session, journal, lockPatienceMs, onProgress } = options
  let seen: readonly Blocker[] = []
  const isFree = await outwaitSnapshots({
    session,
    patienceMs: lockPatienceMs,
    onWaiting: (attempt, blockers) => {
      seen = blockers
      onProgress({ type: 'waiting', operation, attempt, blockers })
    },
  })
  if (!isFree) throw lockUnavailable(operation, seen)
  const { rows } = await session.query<{ before: string }>("select current_setting('lock_timeout') as before")
  await session.query(`set lock_timeout = ${Math.max(1, Math.round(lockPatienceMs))}`)
  try {
    if (operation.index !== undefined && (await isInvalid(session, operation.index))) {
      await session.query(`drop index concurrently if exists ${operation.index}`)
    }
    for (const statement of operation.statements) await session.query(statement)
  } finally {
    await session
      .query("select set_config('lock_timeout', $1, false)", [rows[0]?.before ?? defaultLockTimeout])
      .catch(() => undefined)
  }
  await journal?.(session)
  return 0
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
  if (missing !== undefined) throw operationIncomplete(operation, missing.object)
}
