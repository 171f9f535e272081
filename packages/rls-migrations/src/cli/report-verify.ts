import type { MutationsReport, VerifyReport } from '../verify/verify-report.ts'
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
  if (report.surfaces.staticOnly.length > 0) {
    lines.push(
      `${report.surfaces.staticOnly.length} of ${report.surfaces.total} tables, views and functions were not looked through while others wrote:`,
      textTable(report.surfaces.staticOnly.map(({ surface, reason }) => [surface, reason])),
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
  if (report.mutations.run > 0) lines.push(...mutationLines(report.mutations))
  lines.push(verdict(report))
  return `${lines.join('\n')}\n`
}

/** The score never rounds up to all of them. */
function mutationLines({ run, killed, survivors, notRun }: MutationsReport): readonly string[] {
  const score = killed === run ? '100' : (Math.floor((killed / run) * 1000) / 10).toFixed(1)
  return [
    `${killed} of ${run} sabotages noticed: kill score ${score} %`,
    ...(notRun.length === 0 ? [] : [`${notRun.length} more were not tried: ${reasonsOf(notRun)}`]),
    ...(survivors.length === 0 ? [] : ['Unnoticed:', textTable(survivors.map(({ kind, table }) => [table, kind]))]),
  ]
}

function reasonsOf(notRun: MutationsReport['notRun']): string {
  return [...new Set(notRun.map(({ reason }) => reason))].join('; ')
}

/** Says no more than was shown: what was not attacked is not proved. */
function verdict({ ok, tables, surfaces, mutations }: VerifyReport): string {
  if (!ok) return 'NOT isolated.'
  if (mutations.survivors.length > 0) return 'Nothing crossed, and the proof would have missed some ways to cross.'
  const others = surfaces.staticOnly.length
  if (tables.staticOnly + others === 0) return 'Proved: no organization reaches the data of another.'
  const unseen = [
    counted(tables.staticOnly, 'table', 'tables'),
    counted(others, 'view or function', 'views or functions'),
  ].filter((part) => part !== undefined)
  return `No organization reaches the data of another: attacked on ${tables.proved} tables, by definition only on ${unseen.join(' and ')}.`
}

function counted(count: number, one: string, many: string): string | undefined {
  return count === 0 ? undefined : `${count} ${count === 1 ? one : many}`
}
