import { evaluateOperations } from '../../apply/evaluate-checks.ts'
import { readConversion, type Conversion } from '../../conversion.ts'
import { findDrift } from '../../drift/find-drift.ts'
import { openSession, type Session } from '../../database/session.ts'
import { hasReached, type Step } from '../../plan/step.ts'
import type { Command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { hazardsText, planDocument, statementsText, stepsText, tablesText } from '../report-plan.ts'

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
    const plan = { ...conversion.plan, hazards: [...conversion.plan.hazards, ...drift] }
    const pending = await pendingSteps(session, conversion)
    const document = { ...planDocument(plan), frozen: conversion.frozen, pending: pending.map((step) => step.id) }
    const text = [
      tablesText(plan),
      '',
      `Steps (${pending.length} of ${plan.steps.length} pending):`,
      stepsText(plan),
      '',
      hazardsText(plan),
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
