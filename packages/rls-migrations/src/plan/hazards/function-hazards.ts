import { displayName } from '../../sql/identifier.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/** Functions that run with the rights of their owner. */
export function functionHazards(context: PlanContext): Hazard[] {
  return context.catalog.functions
    .filter((routine) => routine.extension === null)
    .map((routine) => ({
      id: 'definer-function',
      severity: 'warning',
      object: `${routine.kind} ${displayName(routine)}(${routine.arguments})`,
      message: routine.returnsTrigger
        ? `SECURITY DEFINER: it runs with the rights of ${routine.owner} until contract, and is bound to the tenant from then on.`
        : `SECURITY DEFINER: the application cannot call it until contract, and is bound to its tenant inside of it from then on.`,
    }))
}
