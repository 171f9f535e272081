import { evaluateOperations } from '../../apply/evaluate-checks.ts'
import { readConversion, type Conversion } from '../../conversion.ts'
import { findDrift } from '../../drift/find-drift.ts'
import { openSession, type Session } from '../../database/session.ts'
import { hasReached, type Step } from '../../plan/step.ts'
import type { Command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { findingLines, inspectOrganizations, type OrganizationFinding } from '../../derive/inspect-organizations.ts'
import type { Hazard } from '../../plan/plan.ts'
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
    const conversion = await readConversion(session, config)
    const drift = await findDrift(session, conversion, config.schemas)
    const findings = await findOrganizationFindings(session, conversion)
    const hazards = [...conversion.plan.hazards, ...findings.flatMap(findingHazards), ...drift]
    const plan = { ...conversion.plan, hazards }
    const pending = await pendingSteps(session, conversion)
    const document = {
      ...planDocument(plan),
      frozen: conversion.frozen,
      findings,
      pending: pending.map((step) => step.id),
    }
    const text = [
      tablesText(plan),
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

/** The steps that an apply up to enforce would run. */
export async function pendingSteps(session: Session, { plan, state }: Conversion): Promise<readonly Step[]> {
  const open = plan.steps.filter((step) => state?.plan === undefined || !hasReached(state.phase, step.phase))
  const holds = await evaluateOperations(session, open)
  return open.filter((step, at) => !(holds[at] ?? state?.done.has(step.id) ?? false))
}

/** Steps of phases that are complete which the login may not do and no DBA has done yet. */
export async function leftSteps(session: Session, { plan, state }: Conversion): Promise<readonly Step[]> {
  if (state?.plan === undefined) return []
  const privileged = plan.steps.filter((step) => step.privileged === true && hasReached(state.phase, step.phase))
  const holds = await evaluateOperations(session, privileged)
  return privileged.filter((_step, at) => holds[at] === false)
}
