import type { Plan } from '../plan/plan.ts'

/** The signatures of the control plane's own functions: what they say is checked word for word. */
export function controlPlaneFunctions(plan: Plan): readonly string[] {
  return plan.steps
    .filter((step) => step.kind === 'migration')
    .flatMap((step) => step.checks.map((check) => /^function (.*)$/.exec(check.object)?.[1]))
    .filter((signature) => signature !== undefined)
}
