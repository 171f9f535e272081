import { TenancyError } from '@partywall/tenancy-core'
import type { Plan } from '../plan/plan.ts'
import type { Step } from '../plan/step.ts'
import { quoteIdentifier } from '../sql/identifier.ts'

/** What a DBA must do before the run can go on: asked once for all roles, and never to make objects in our place. */
export function adviseDba(plan: Plan, step: Step, error: TenancyError): TenancyError {
  if (step.kind === 'role') return asked('This login may not create roles', roleStatements(plan, step), error)
  // Run by a DBA, a migration would leave objects that this login does not own and cannot go on with.
  if (step.kind === 'migration') {
    const grant = `grant create on database ${quoteIdentifier(plan.database)} to ${quoteIdentifier(plan.settings.login)}`
    return asked('This login may not create a schema', [grant], error)
  }
  return error
}

function roleStatements(plan: Plan, from: Step): readonly string[] {
  return plan.steps
    .filter(
      (one) => one.kind === 'role' && one.privileged !== true && plan.steps.indexOf(one) >= plan.steps.indexOf(from),
    )
    .flatMap((one) => one.statements)
}

function asked(what: string, statements: readonly string[], error: TenancyError): TenancyError {
  const script = statements.map((statement) => `${statement};`).join('\n')
  return new TenancyError('PRIVILEGE_MISSING', `${what}. Have a DBA run, then run the command again:\n${script}`, {
    details: { ...error.details, statements },
    cause: error.cause,
  })
}
