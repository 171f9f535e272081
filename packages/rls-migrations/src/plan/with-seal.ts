import type { Plan, PlanSettings, SealMode } from './plan.ts'
import { contextChecks, contextStepId } from './steps/control-plane.ts'
import { planSealedContext, sealStepId } from './steps/sealed-context.ts'

/**
 * The same conversion with another context: what is expected of the accessors changes, and nothing else does. The step is
 * the last of the control plane.
 */
export function withSeal(plan: Plan, mode: SealMode | 'off'): Plan {
  const { seal: _replaced, ...others } = plan.settings
  const settings: PlanSettings = mode === 'off' ? others : { ...others, seal: mode }
  const steps = plan.steps
    .filter((step) => step.id !== sealStepId)
    .map((step) => (step.id === contextStepId ? { ...step, checks: contextChecks(settings) } : step))
  const installed = steps.filter((step) => step.phase === 'install')
  const later = steps.filter((step) => step.phase !== 'install')
  return { ...plan, settings, steps: [...installed, ...planSealedContext(settings), ...later] }
}
