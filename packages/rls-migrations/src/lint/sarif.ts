import type { Severity } from '../verify/catalog-rule.ts'
import type { LintFinding } from './lint-report.ts'
import type { RuleText } from './rule-text.ts'

export interface SarifInput {
  readonly rules: readonly RuleText[]
  readonly fresh: readonly LintFinding[]
  readonly known: readonly LintFinding[]
  /** The file that a viewer shows the findings at, since a database has none. */
  readonly file: string
}

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
}

/** SARIF 2.1.0, as code scanning takes it. What the baseline knows is there, as unchanged and suppressed. */
export function sarifLog({ rules, fresh, known, file }: SarifInput): Readonly<Record<string, unknown>> {
  const indexes = new Map(rules.map((rule, at) => [rule.name, at]))
  const result = (finding: LintFinding, baselineState: 'new' | 'unchanged'): Readonly<Record<string, unknown>> => ({
    ruleId: finding.rule,
    ruleIndex: indexes.get(finding.rule),
    level: levels[finding.severity],
    message: { text: messageOf(finding) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: file }, region: { startLine: 1 } },
        logicalLocations: [{ name: finding.table, fullyQualifiedName: finding.object, kind: 'resource' }],
      },
    ],
    partialFingerprints: { 'ruleAndObject/v1': `${finding.rule}: ${finding.object}` },
    baselineState,
    ...(baselineState === 'unchanged'
      ? { suppressions: [{ kind: 'external', justification: 'in the baseline' }] }
      : {}),
  })
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'partywall lint', rules: rules.map(descriptor) } },
        columnKind: 'utf16CodeUnits',
        results: [...fresh.map((one) => result(one, 'new')), ...known.map((one) => result(one, 'unchanged'))],
      },
    ],
  }
}

function descriptor(rule: RuleText): Readonly<Record<string, unknown>> {
  return {
    id: rule.name,
    name: rule.name,
    shortDescription: { text: sentence(rule.promise) },
    fullDescription: { text: rule.risk },
    help: { text: rule.remedy },
    defaultConfiguration: { level: levels[rule.severity] },
  }
}

function messageOf({ object, detail, why, fix }: LintFinding): string {
  const statements = fix.length === 0 ? '' : `\n\n${fix.map((statement) => `${statement};`).join('\n')}`
  return `${object}: ${detail}. ${why}${statements}`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
