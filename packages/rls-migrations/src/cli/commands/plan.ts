import { pendingSteps } from '../../apply/pending-steps.ts'
import { readWithIncrement, type Conversion } from '../../conversion.ts'
import { findDrift } from '../../drift/find-drift.ts'
import { openSession, type Session } from '../../database/session.ts'
import type { Hazard, Plan } from '../../plan/plan.ts'
import { hasReached } from '../../plan/step.ts'
import { additionDocument, additionText } from '../addition-text.ts'
import { inspectHost } from '../../inspect/inspect-host.ts'
import type { Command } from '../command.ts'
import { forecastText, readForecast } from '../forecast-text.ts'
import { emitPlan } from '../emit-plan.ts'
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
    forecast: {
      type: 'boolean',
      summary: 'explain the costliest statements of pg_stat_statements without and below the policies (from expand on)',
    },
    emit: { type: 'string', value: 'format', summary: 'write files for review instead: sql, prisma or knex' },
    out: { type: 'string', value: 'folder', summary: 'where --emit writes' },
    to: { type: 'string', value: 'phase', summary: 'how far --emit goes: expand (default), contract or enforce' },
    schema: {
      type: 'string',
      value: 'file',
      summary: 'the schema of Prisma for --emit prisma (default: prisma/schema.prisma)',
    },
  },
  run: async (context) => {
    const config = await context.config()
    await using session = await openSession({ url: context.databaseUrl(), applicationName: 'partywall plan' })
    if (context.options['emit'] !== undefined) return await emitPlan(context, session, config)
    const { frozen, increment, conversion } = await readWithIncrement(session, config)
    const drift = await findDrift(session, frozen, config.schemas)
    const findings = await findOrganizationFindings(session, conversion)
    const inspection = await inspectHost(session, conversion.plan)
    const plan = withHazards(conversion.plan, [...findings.flatMap(findingHazards), ...drift, ...inspection.hazards])
    const pending = await pendingSteps(session, conversion)
    const predicted = context.options['forecast'] === true ? await readForecast(session, plan) : undefined
    const document = {
      ...planDocument(plan),
      frozen: conversion.frozen,
      findings,
      capabilities: inspection.capabilities,
      ...(predicted === undefined ? {} : { forecast: predicted }),
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
      forecastText(predicted),
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
