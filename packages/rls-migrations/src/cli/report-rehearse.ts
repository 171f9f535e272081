import type { RehearseReport } from '../rehearse/rehearse.ts'
import { hazardsText, stepsText, tablesText } from './report-plan.ts'
import { verifyText } from './report-verify.ts'
import { textTable } from './text-table.ts'

/** The report of a rehearsal, for a person. */
export function rehearseText(report: RehearseReport, source: string): string {
  const { plan, apply, verify, rows, load, rollback } = report
  const notes = load.notes.map((note) => `  ${note.message}`)
  const kept = rows.tables.filter((table) => table.sameContent).length
  const lost = rows.tables.filter((table) => !table.sameContent)
  return [
    '',
    `Rehearsal of ${source} on PostgreSQL ${Math.floor(plan.serverVersion / 10000)}.${plan.serverVersion % 10000}`,
    ...(notes.length === 0 ? [] : ['', 'Of the dump:', ...notes]),
    '',
    tablesText(plan),
    '',
    `Converted in ${Math.round(apply.durationMs)} ms; the longest that a step kept others waiting was ${Math.round(apply.longestBlockMs)} ms:`,
    stepsText(plan),
    ...(apply.left.length === 0 ? [] : [`  Of these, for a DBA: ${apply.left.map((step) => step.step).join(', ')}`]),
    '',
    hazardsText(plan),
    '',
    `Rows: ${rows.before} before, ${rows.after} after; ${kept} of ${rows.tables.length} tables have the same content.`,
    ...(lost.length === 0
      ? []
      : [textTable(lost.map((table) => [table.table, table.before, 'before', table.after, 'after']))]),
    '',
    verifyText(verify),
    rollback.sameSchema
      ? 'Rolled back: the schema is what it was.'
      : `Rolled back, but the schema differs:\n  ${rollback.differences.join('\n  ')}`,
    '',
  ].join('\n')
}
