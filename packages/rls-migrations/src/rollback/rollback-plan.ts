import { TenancyError } from '@partywall/tenancy-core'
import { applyPlan, type ApplyOptions } from '../apply/apply-plan.ts'
import { evaluateOperations } from '../apply/evaluate-checks.ts'
import { findGoneTables } from '../apply/gone-tables.ts'
import { leftToDba, type LeftToDba } from '../apply/left-to-dba.ts'
import { openLockWatch } from '../apply/lock-watch.ts'
import { Journal, type ConversionState } from '../apply/journal.ts'
import { runOperation, type RunOptions } from '../apply/run-operation.ts'
import type { Session } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'
import { hasReached, phases, type Inverse } from '../plan/step.ts'
import { planRollback, type RollbackPlan, type RollbackTarget } from './plan-rollback.ts'
import { refuseLoss } from './refuse-loss.ts'

export interface RollbackOptions extends Omit<ApplyOptions, 'to'> {
  readonly to: RollbackTarget
}

export interface RollbackResult {
  readonly phase: RollbackTarget
  readonly undone: number
  readonly skipped: number
  readonly durationMs: number
  readonly longestBlockMs: number
  /** What this login may not undo, with the statements for a DBA. */
  readonly left: readonly LeftToDba[]
}

/**
 * Undoes the conversion down to a phase, or wholly. Looks for rows that stand in the way before it changes anything;
 * what is undone already is left alone, so a rollback that was cut off is taken up by running it again.
 *
 * @throws TenancyError `ROLLBACK_WOULD_COLLIDE` when rows of two organizations share a key that was unique, with the
 * rows; `ROLLBACK_WOULD_MERGE` when there are other organizations than the first; `ROLLBACK_BLOCKED` when objects of the
 * host's stand on what the conversion made; `PHASE_NOT_REACHED` when the phase was never reached; and what
 * {@link applyPlan} throws.
 *
 * @example
 * ```ts
 * const { phase } = await rollbackPlan({ session, plan, to: 'none' }) // { phase: 'none' }
 * ```
 */
export async function rollbackPlan(options: RollbackOptions): Promise<RollbackResult> {
  const { session, plan, to, onProgress = () => undefined, lockPatienceMs = 600_000 } = options
  const startedAt = performance.now()
  const journal = new Journal(session, plan.settings.controlSchema)
  const state = await journal.read()
  refuseAhead(state, to)
  const { steps, operations } = await presentOperations(session, planRollback(restrictTo(plan, state), to), plan)
  await refuseLoss({ session, plan, operations, to })
  // From here on the phase is no longer complete: a run that is cut off must not believe that it is.
  if (state !== undefined) {
    await journal.setPhase(to === 'none' ? 'install' : (phases[phases.indexOf(to) - 1] ?? 'install'))
    // Parts of the control plane go before the journal does: what is on record as done is not looked at again.
    if (to === 'none') await journal.forget(steps.filter(({ phase }) => phase === 'install').map(({ id }) => id))
  }
  const watch = await openLockWatch(session, options.watcher)
  const result = await undo(operations, { session, onProgress, lockPatienceMs, watch })
  if (to !== 'none') {
    await journal.forget(steps.map((step) => step.id))
    // The swap of a primary key took the compound index with it; what expand needs is built again.
    await applyPlan({ ...options, to })
  }
  return { phase: to, ...result, durationMs: performance.now() - startedAt }
}

/** Going back to a phase that was never reached would go forward. A rollback that was cut off has later steps on record. */
function refuseAhead(state: ConversionState | undefined, to: RollbackTarget): void {
  if (to === 'none') return
  const wasBeyond =
    state !== undefined && phases.some((phase) => state.begun.has(phase) && hasReached(phase, to) && phase !== to)
  if (wasBeyond || (state?.plan !== undefined && hasReached(state.phase, to))) return
  throw new TenancyError(
    'PHASE_NOT_REACHED',
    `This database has not reached ${to}: there is nothing to roll back to. What was begun and cut off is finished by: partywall apply --to ${to}`,
    {
      details: { to, phase: state?.phase ?? 'none' },
    },
  )
}

/** Without a frozen plan there is nothing of the host's to undo: what is left is the control plane, if anything. */
function restrictTo(plan: Plan, state: ConversionState | undefined): Plan {
  return state?.plan === undefined ? { ...plan, steps: plan.steps.filter((step) => step.phase === 'install') } : plan
}

/** Leaves out what concerns tables that the host has dropped since. */
async function presentOperations(session: Session, rollback: RollbackPlan, plan: Plan): Promise<RollbackPlan> {
  const gone = await findGoneTables(session, plan)
  const inverses = new Set(
    rollback.steps.filter((step) => step.table === null || !gone.has(step.table)).flatMap((step) => step.inverse),
  )
  return { steps: rollback.steps, operations: rollback.operations.filter((operation) => inverses.has(operation)) }
}

async function undo(
  operations: readonly Inverse[],
  options: RunOptions,
): Promise<Omit<RollbackResult, 'phase' | 'durationMs'>> {
  const { session, onProgress } = options
  const done = await evaluateOperations(session, operations)
  onProgress({ type: 'planned', operations: operations.filter((_operation, at) => done[at] !== true) })
  const left: LeftToDba[] = []
  const count = { undone: 0, skipped: 0, longestBlockMs: 0 }
  for (const operation of operations) {
    // Asked again for each one: an inverse may have taken the next one's object with it.
    const [holds] = await evaluateOperations(session, [operation])
    if (holds === true) {
      count.skipped += 1
      continue
    }
    onProgress({ type: 'started', operation })
    try {
      const { durationMs, blockMs } = await runOperation(operation, options)
      count.undone += 1
      count.longestBlockMs = Math.max(count.longestBlockMs, blockMs)
      onProgress({ type: 'finished', operation, durationMs, skipped: false })
    } catch (error) {
      const entry = leftToDba(operation, error)
      if (entry === undefined) throw error
      left.push(entry)
      onProgress({ type: 'left', operation, reason: entry.reason })
    }
  }
  return { ...count, left }
}
