import type { Plan } from '../plan/plan.ts'
import { hasReached, undoStages, type Inverse, type Phase, type Step } from '../plan/step.ts'

/** How far back: to the end of a phase, or to the schema as it was. */
export type RollbackTarget = 'none' | Exclude<Phase, 'install'>

export interface RollbackPlan {
  readonly steps: readonly Step[]
  readonly operations: readonly Inverse[]
}

/**
 * What has to be undone, in an order in which no row is ever without a foreign key: old keys are rebuilt first, the
 * composite ones fall after. Within a stage the steps are undone in reverse, but what an inverse consists of runs as it
 * is written.
 */
export function planRollback(plan: Plan, to: RollbackTarget): RollbackPlan {
  const steps = plan.steps.filter((step) => isUndone(step, to))
  const operations = undoStages.flatMap((stage) => {
    const ofStage = steps.map((step) => step.inverse.filter((inverse) => inverse.stage === stage))
    // Keys are put back parents first, as they were made; all the rest in reverse.
    const ordered = stage === 'narrow-indexes' || stage === 'narrow-keys' ? inKeyOrder(ofStage) : ofStage.toReversed()
    return ordered.flat()
  })
  return { steps, operations }
}

/** Unique keys come before the foreign keys that may stand on them. */
function inKeyOrder(inverses: readonly (readonly Inverse[])[]): readonly (readonly Inverse[])[] {
  const isForeign = (one: readonly Inverse[]): boolean => one.some((inverse) => inverse.lock === 'SHARE ROW EXCLUSIVE')
  return [...inverses.filter((one) => !isForeign(one)), ...inverses.filter(isForeign)]
}

function isUndone(step: Step, to: RollbackTarget): boolean {
  if (to === 'none') return true
  const isLater = (phase: Phase): boolean => hasReached(phase, to) && phase !== to
  return isLater(step.phase) || (step.undoneWith !== undefined && isLater(step.undoneWith))
}
