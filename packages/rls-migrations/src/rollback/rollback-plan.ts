import { applyPlan, type ApplyOptions } from '../apply/apply-plan.ts'
import { evaluateOperations } from '../apply/evaluate-checks.ts'
import { leftToDba, type LeftToDba } from '../apply/left-to-dba.ts'
import { Journal } from '../apply/journal.ts'
import { runOperation } from '../apply/run-operation.ts'
import { phases } from '../plan/step.ts'
import { planRollback, type RollbackTarget } from './plan-rollback.ts'
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
 * rows; `ROLLBACK_WOULD_MERGE` when a full rollback would mix the rows of two organizations; and what
 * {@link applyPlan} throws.
 */
export async function rollbackPlan(options: RollbackOptions): Promise<RollbackResult> {
  const { session, plan, to, onProgress = () => undefined, lockPatienceMs = 600_000 } = options
  const startedAt = performance.now()
  const { steps, operations } = planRollback(plan, to)
  await refuseLoss({ session, plan, operations, to })
  const journal = new Journal(session, plan.settings.controlSchema)
  const wasInstalled = await journal.exists()
  // From here on the phase is no longer complete: a run that is cut off must not believe that it is.
  if (wasInstalled) await journal.setPhase(to === 'none' ? 'install' : (phases[phases.indexOf(to) - 1] ?? 'install'))
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
      const { durationMs, blockMs } = await runOperation(operation, { session, lockPatienceMs, onProgress })
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
  if (to !== 'none') {
    await journal.forget(steps.map((step) => step.id))
    // The swap of a primary key took the compound index with it; what expand needs is built again.
    await applyPlan({ session, plan, to, onProgress, lockPatienceMs })
  }
  return { phase: to, ...count, left, durationMs: performance.now() - startedAt }
}
