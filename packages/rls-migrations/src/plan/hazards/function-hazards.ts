import { displayName } from '../../sql/identifier.ts'
import { classOf, type PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/** Functions that run with the rights of their owner, and functions that a new column breaks. */
export function functionHazards(context: PlanContext): Hazard[] {
  return [...definerHazards(context), ...outsideHazards(context), ...rowHazards(context)]
}

function definerHazards({ catalog }: PlanContext): Hazard[] {
  return catalog.functions
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

function outsideHazards({ catalog }: PlanContext): Hazard[] {
  return catalog.outside.functions
    .filter((routine) => routine.extension === null && !routine.returnsTrigger)
    .map((routine) => ({
      id: 'outside-function',
      severity: 'warning',
      object: `${routine.kind} ${displayName(routine)}(${routine.arguments})`,
      message:
        catalog.login.superuser || catalog.login.rightsOf.includes(routine.owner)
          ? `SECURITY DEFINER, in a schema that is not converted: it runs with the rights of ${routine.owner}, and the application cannot call it.`
          : `SECURITY DEFINER, in a schema that is not converted: it belongs to ${routine.owner}, so what PUBLIC may call the application may call, past the policies if ${routine.owner} is. Have a DBA revoke it from PUBLIC, unless verify is content.`,
    }))
}

function rowHazards(context: PlanContext): Hazard[] {
  const { catalog, settings } = context
  return catalog.rowFunctions
    .filter((routine) => routine.explicit && classOf(context, routine.table) === 'tenant')
    .map((routine) => ({
      id: 'row-function',
      severity: 'warning',
      object: `function ${displayName(routine)}(${routine.arguments})`,
      message: `It returns rows of ${displayName(routine.table)} and names the columns one by one: from expand on it fails, as ${settings.tenantColumn} is missing. Let it return a TABLE of its own, or select *.`,
    }))
}
