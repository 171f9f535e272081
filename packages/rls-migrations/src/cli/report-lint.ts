import type { ComparedWithBaseline, KnownFinding } from '../lint/baseline.ts'
import type { LintBasis, LintFinding, LintReport } from '../lint/lint-report.ts'
import type { Severity } from '../verify/catalog-rule.ts'
import { severities } from '../lint/lint-database.ts'
import { printable } from './printable.ts'

/** How many findings of one rule are written out. Errors are never cut. */
const shown: Readonly<Record<Severity, number>> = { error: Number.POSITIVE_INFINITY, warning: 10, info: 2 }

const judgedBy: Readonly<Record<LintBasis, (phase: string) => string>> = {
  plan: (phase) => `by the plan that the database keeps, phase ${phase}`,
  policies: (phase) =>
    `by the policies that are there, as in phase ${phase}: the database keeps no plan that could be read`,
  none: () => 'not converted: no table has row-level security',
}

export interface LintText extends ComparedWithBaseline {
  readonly report: LintReport
}

export function lintText({ report, fresh, known, stale }: LintText): string {
  const lines = [
    `${report.rules} rules asked in ${Math.round(report.durationMs)} ms, ${judgedBy[report.basis](report.phase)}.`,
    ...severities.flatMap((severity) => severityLines(fresh, severity)),
    ...staleLines(stale),
    verdict(fresh, known),
  ]
  return `${lines.join('\n')}\n`
}

function severityLines(findings: readonly LintFinding[], severity: Severity): readonly string[] {
  const ofSeverity = findings.filter((one) => one.severity === severity)
  return [...new Set(ofSeverity.map((one) => one.rule))].flatMap((rule) => {
    const ofRule = ofSeverity.filter((one) => one.rule === rule)
    const [first] = ofRule
    if (first === undefined) return []
    const written = ofRule.slice(0, shown[severity])
    const hidden = ofRule.length - written.length
    return [
      '',
      `${severity}  ${rule}`,
      ...written.flatMap(findingLines),
      ...(hidden === 0 ? [] : [`  and ${hidden} more like it (--json lists them)`]),
      `  why: ${first.why}`,
      `  what to do: ${first.remedy}`,
    ]
  })
}

function findingLines({ object, detail, fix, needs }: LintFinding): readonly string[] {
  return [
    `  ${printable(object)}: ${printable(detail)}`,
    ...fix.flatMap((statement) => `${statement};`.split('\n').map((line) => `    ${printable(line)}`)),
    ...needs.map(({ phase, summary }) => `    ${phase}: ${printable(summary)}`),
  ]
}

function staleLines(stale: readonly KnownFinding[]): readonly string[] {
  if (stale.length === 0) return []
  return [
    '',
    'In the baseline, and no longer found:',
    ...stale.map(({ rule, object }) => `  ${rule}: ${printable(object)}`),
  ]
}

function verdict(fresh: readonly LintFinding[], known: readonly LintFinding[]): string {
  const counted = severities
    .map((severity) => [severity, fresh.filter((one) => one.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity}${count === 1 || severity === 'info' ? '' : 's'}`)
  const inBaseline = known.length === 0 ? '' : ` (${known.length} more are known from the baseline)`
  return `${fresh.length === 0 ? '' : '\n'}${counted.length === 0 ? 'Nothing found' : counted.join(', ')}${inBaseline}.`
}
