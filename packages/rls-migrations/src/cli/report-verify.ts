import type { VerifyReport } from '../verify/verify-report.ts'
import { textTable } from './text-table.ts'

export function verifyText(report: VerifyReport): string {
  const { tables, probes } = report
  const lines = [
    `${probes.blocked} of ${probes.run} attacks blocked on ${tables.proved} of ${tables.total} tables (phase ${report.phase}, ${Math.round(report.durationMs)} ms)`,
  ]
  if (report.staticOnly.length > 0) {
    lines.push(
      `${report.staticOnly.length} tables checked by their definition only:`,
      textTable(report.staticOnly.map(({ table, reason }) => [table, reason])),
    )
  }
  if (report.crossings.length > 0) {
    lines.push(
      `${report.crossings.length} ${report.crossings.length === 1 ? 'finding' : 'findings'}:`,
      textTable(report.crossings.map(({ table, probe, detail }) => [table, probe, detail])),
    )
  }
  if (report.seal === 'accept')
    lines.push('Bare ids are still accepted beside tokens: end it with partywall seal require, or partywall seal off.')
  lines.push(verdict(report))
  return `${lines.join('\n')}\n`
}

/** Says no more than was shown: what was not attacked is not proved. */
function verdict({ ok, tables }: VerifyReport): string {
  if (!ok) return 'NOT isolated.'
  if (tables.staticOnly === 0) return 'Proved: no organization reaches the data of another.'
  return `No organization reaches the data of another: attacked on ${tables.proved} tables, by definition only on ${tables.staticOnly}.`
}
