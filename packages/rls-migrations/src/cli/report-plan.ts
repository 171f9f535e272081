import type { Hazard, HazardSeverity, Plan, PlannedTable } from '../plan/plan.ts'
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
    derivations: plan.derivations.map(({ table, source, path, compared }) => ({
      table: displayName(table),
      source,
      path,
      compared: compared.map((edge) => edge.constraint ?? edge.columns.join(', ')),
    })),
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
    ...list('People, seen by the organizations they belong to, read-only for the application', plan.tables.user),
    ...list('Shared, read-only', plan.tables.shared),
    ...list('Skipped', plan.tables.skipped),
  ].join('\n')
}

/** With an adopted root: where each table gets its organization from, and what was compared. */
export function derivationLines({ settings: { root }, derivations }: Plan): readonly string[] {
  if (root === null) return []
  const rows = derivations.map(({ table, path, compared }) => [
    displayName(table),
    `${path}${compared.length === 0 ? '' : ` (compared with ${compared.map((edge) => edge.constraint ?? edge.columns.join(', ')).join(', ')})`}`,
  ])
  return [`Organizations are the rows of ${displayName(root)}. Whose a row is, is told by:`, textTable(rows), '']
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
      `steps; ${blocking.length} lock a table for an instant, ${scans.length} read it while everybody works on`,
    ]
  })
  return textTable(rows)
}

/** How many hazards of a kind are written out: ten keys that are accepted need no ten lines. What blocks is never cut. */
const shown: Readonly<Record<HazardSeverity, number>> = { blocking: Number.POSITIVE_INFINITY, warning: 6, notice: 1 }

export function hazardsText(plan: Plan): string {
  if (plan.hazards.length === 0) return 'Nothing to look out for.'
  const severities = ['blocking', 'warning', 'notice'] as const
  return ['To look out for:', ...severities.flatMap((severity) => severityLines(plan, severity))].join('\n')
}

function severityLines(plan: Plan, severity: HazardSeverity): readonly string[] {
  const hazards = plan.hazards.filter((hazard) => hazard.severity === severity)
  const kinds = [...new Set(hazards.map((hazard) => hazard.id))]
  return kinds.flatMap((kind) => {
    const ofKind = hazards.filter((hazard) => hazard.id === kind)
    const hidden = ofKind.length - Math.min(ofKind.length, shown[severity])
    const more = hidden === 0 ? [] : [`    and ${hidden} more like it (--json lists them)`]
    return [...ofKind.slice(0, shown[severity]).map(hazardLine), ...more]
  })
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
