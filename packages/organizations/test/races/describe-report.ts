import type { RaceReport } from './race-report.ts'

/** A report as text. */
export function describeReport(report: RaceReport, durationMs: number): string {
  const { seed, interleavings, transactions, violations, examples } = report
  const operations = sum(report.done) + sum(report.refused)
  const perSecond = (count: number): number => Math.round((count * 1000) / durationMs)
  return [
    `${interleavings} interleavings in ${Math.round(durationMs / 1000)} s, seed ${seed}: ${perSecond(interleavings)} a second`,
    `${operations} operations, ${perSecond(operations)} a second: ${sum(report.done)} done, ${sum(report.refused)} refused`,
    `${transactions.committed} transactions committed, ${transactions.rolledBack} rolled back, ${transactions.lost} whose end nobody heard`,
    `done: ${counts(report.done)}`,
    `refused: ${counts(report.refused)}`,
    `${violations} violations`,
    ...examples.map((example) => `\n${example}\n  again: pnpm races --seed ${seed} --only ${/\d+/.exec(example)?.[0]}`),
  ].join('\n')
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .toSorted(([, left], [, right]) => right - left)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}
