import type { Hazard, Plan, PlannedTable } from '../plan/plan.ts'
import { phases, type Step } from '../plan/step.ts'
import { displayName } from '../sql/identifier.ts'
import { textTable } from './text-table.ts'

/** The plan as JSON: at least what the reference promises. */
export function planDocument(plan: Plan): Readonly<Record<string, unknown>> {
  return {
    serverVersion: plan.serverVersion,
    database: plan.database,
    settings: plan.settings,
    tables: plan.tables,
    steps: plan.steps.map(({ id, phase, table, summary, statements, lock, scans, rewrites }) => ({
      id,
      phase,
      table,
      summary,
      statements,
      lock,
      scans,
      rewrites,
    })),
    hazards: plan.hazards,
  }
}

/** The tables and what becomes of each. */
export function tablesText(plan: Plan): string {
  const list = (title: string, tables: readonly PlannedTable[]): string[] =>
    tables.length === 0
      ? []
      : [`${title} (${tables.length}):`, textTable(tables.map((table) => [displayName(table), table.reason]))]
  return [
    ...list('Isolated by organization', plan.tables.tenant),
    ...list('People, seen by the organizations they belong to', plan.tables.user),
    ...list('Shared, read-only', plan.tables.shared),
    ...list('Skipped', plan.tables.skipped),
  ].join('\n')
}

/** How many steps each phase has, and what they lock. */
export function stepsText(plan: Plan): string {
  const rows = phases.map((phase) => {
    const steps = plan.steps.filter((step) => step.phase === phase)
    const blocking = steps.filter((step) => step.lock === 'ACCESS EXCLUSIVE' || step.lock === 'SHARE ROW EXCLUSIVE')
    const scans = steps.filter((step) => step.scans)
    return [
      phase,
      steps.length,
      `steps, ${blocking.length} instants of a blocking lock, ${scans.length} scans beside running traffic`,
    ]
  })
  return textTable(rows)
}

export function hazardsText(plan: Plan): string {
  if (plan.hazards.length === 0) return 'Nothing to look out for.'
  const worth = plan.hazards.filter((hazard) => hazard.severity !== 'notice')
  const notices = plan.hazards.length - worth.length
  const lines = worth.map(hazardLine)
  return [
    'To look out for:',
    ...lines,
    ...(notices === 0 ? [] : [`  and ${notices} notices (--json lists them)`]),
  ].join('\n')
}

export function hazardLine(hazard: Hazard): string {
  return `  ${hazard.severity}: ${hazard.object}: ${hazard.message}`
}

/** Every statement, in order, for review. */
export function statementsText(steps: readonly Step[]): string {
  return steps
    .map(
      (step) =>
        `-- ${step.id}: ${step.summary}\n-- lock: ${step.lock}${step.scans ? ', scans' : ''}${step.rewrites ? ', rewrites' : ''}\n${step.statements.map((statement) => `${statement};`).join('\n')}`,
    )
    .join('\n\n')
}
