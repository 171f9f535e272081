import type { Conversion } from '../conversion.ts'
import type { Session } from '../database/session.ts'
import { hasReached, type Step } from '../plan/step.ts'
import { evaluateOperations } from './evaluate-checks.ts'

/** The steps that an apply up to enforce would run. */
export async function pendingSteps(
  session: Session,
  { plan, state }: Pick<Conversion, 'plan' | 'state'>,
): Promise<readonly Step[]> {
  const open = plan.steps.filter((step) => {
    if (state?.plan === undefined || !hasReached(state.phase, step.phase)) return true
    // What a complete phase has besides came to the plan later; what is left to a DBA is told apart.
    return !state.done.has(step.id) && step.privileged !== true
  })
  const holds = await evaluateOperations(session, open)
  return open.filter((step, at) => !(holds[at] ?? state?.done.has(step.id) ?? false))
}

/** Steps of phases that are complete which the login may not do and no DBA has done yet. */
export async function leftSteps(
  session: Session,
  { plan, state }: Pick<Conversion, 'plan' | 'state'>,
): Promise<readonly Step[]> {
  if (state?.plan === undefined) return []
  const privileged = plan.steps.filter((step) => step.privileged === true && hasReached(state.phase, step.phase))
  const holds = await evaluateOperations(session, privileged)
  return privileged.filter((_step, at) => holds[at] === false)
}
