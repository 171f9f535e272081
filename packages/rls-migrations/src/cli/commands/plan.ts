import { evaluateOperations } from '../../apply/evaluate-checks.ts'
import { readWithIncrement, type Conversion } from '../../conversion.ts'
import { findDrift } from '../../drift/find-drift.ts'
import { openSession, type Session } from '../../database/session.ts'
import type { Hazard, Plan } from '../../plan/plan.ts'
import { hasReached, type Step } from '../../plan/step.ts'
import { additionDocument, additionText } from '../addition-text.ts'
import type { Command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { findingLines, inspectOrganizations, type OrganizationFinding } from '../../derive/inspect-organizations.ts'
import { sealNotice } from '../seal-text.ts'
import { derivationLines, hazardsText, planDocument, statementsText, stepsText, tablesText } from '../report-plan.ts'

export const planCommand: Command = {
  name: 'plan',
  summary: 'show what each table becomes, every step with its lock, and what to look out for; changes nothing',
  options: {
    check: { type: 'boolean', summary: 'exit with 3 when steps are pending' },
    sql: { type: 'boolean', summary: 'print every statement' },
  },
  run: async (context) => {
    const config = await context.config()
    await using session = await openSession({ url: context.databaseUrl(), applicationName: 'partywall plan' })
    const { frozen, increment, conversion } = await readWithIncrement(session, config)
    const drift = await findDrift(session, frozen, config.schemas)
    const findings = await findOrganizationFindings(session, conversion)
    const plan = withHazards(conversion.plan, [...findings.flatMap(findingHazards), ...drift])
    const pending = await pendingSteps(session, conversion)
    const document = {
      ...planDocument(plan),
      frozen: conversion.frozen,
      findings,
      added: additionDocument(increment),
      pending: pending.map((step) => step.id),
    }
    const text = [
      tablesText(plan),
      additionText(increment),
      '',
      ...derivationLines(plan),
      `Steps (${pending.length} of ${plan.steps.length} pending):`,
      stepsText(plan),
      '',
      hazardsText(plan),
      '',
      sealNotice(plan),
      ...(context.options['sql'] === true ? ['', statementsText(plan.steps)] : []),
      '',
    ].join('\n')
    return {
      exitCode: context.options['check'] === true && pending.length > 0 ? exitCode.pending : exitCode.ok,
      document,
      text,
    }
  },
}

/** Rows that stand in the way of a derivation. Looked for as long as there is one to come: it reads whole tables. */
async function findOrganizationFindings(
  session: Session,
  { plan, state }: Conversion,
): Promise<readonly OrganizationFinding[]> {
  if (state?.plan !== undefined && hasReached(state.phase, 'expand')) return []
  return await inspectOrganizations(session, plan.steps.find((step) => step.kind === 'inspection')?.inspections ?? [])
}

function findingHazards(finding: OrganizationFinding): readonly Hazard[] {
  return findingLines(finding).map((line, at) => ({
    id: finding.conflicts > 0 && at === 0 ? 'organization-conflict' : 'organization-orphan',
    severity: 'blocking',
    object: finding.table,
    message: `${line.replace(/^.*?: /, '')}. Nothing is converted before they are corrected.`,
  }))
}

/** The plan with hazards of other sources; a frozen plan has some of them already. */
function withHazards(plan: Plan, more: readonly Hazard[]): Plan {
  const isTold = (one: Hazard): boolean => plan.hazards.some(({ id, object }) => id === one.id && object === one.object)
  return { ...plan, hazards: [...plan.hazards, ...more.filter((one) => !isTold(one))] }
}

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
