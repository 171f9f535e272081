import { resolve } from 'node:path'
import { openSession } from '../../database/session.ts'
import { loginOf } from '../../database/connection-string.ts'
import { asKnown, compareWithBaseline, readBaseline, writeBaseline, type KnownFinding } from '../../lint/baseline.ts'
import { lintDatabase, severities } from '../../lint/lint-database.ts'
import type { LintFinding } from '../../lint/lint-report.ts'
import { lintRules } from '../../lint/lint-rules.ts'
import { sarifLog } from '../../lint/sarif.ts'
import type { Severity } from '../../verify/catalog-rule.ts'
import type { Command, CommandContext } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { usageError } from '../parse-arguments.ts'
import { lintText } from '../report-lint.ts'

export const lintCommand: Command = {
  name: 'lint',
  summary:
    'ask the catalog for holes, for drift and for what new tables need, in seconds, and exit with 4 for a finding',
  options: {
    format: {
      type: 'string',
      value: 'text | sarif',
      summary: 'SARIF 2.1.0 for code scanning (default: text; JSON: --json)',
    },
    'min-severity': {
      type: 'string',
      value: 'severity',
      summary: 'leave out what is less than error, warning or info (default: info)',
    },
    'fail-on': {
      type: 'string',
      value: 'severity',
      summary: 'the least severity that makes the exit code 4 (default: warning)',
    },
    rule: { type: 'string', value: 'ids', summary: 'these rules only, with commas between them' },
    baseline: { type: 'string', value: 'file', summary: 'findings that are known and do not count' },
    'write-baseline': { type: 'boolean', summary: 'with --baseline: write what is found into the file instead' },
  },
  run: async (context) => {
    const selection = readSelection(context)
    const config = await context.config()
    await using session = await openSession({ url: context.databaseUrl(), applicationName: 'partywall lint' })
    const appUrl = context.appUrl()
    const report = await lintDatabase({ session, config, appLogin: appUrl === undefined ? undefined : loginOf(appUrl) })
    const selected = report.findings.filter((finding) => isSelected(finding, selection))
    const { baseline } = selection
    if (baseline !== undefined && selection.writesBaseline) {
      await writeBaseline(baseline, unique(selected.map((finding) => asKnown(finding, report.roles))))
      const text = `${selected.length} findings are known from here on: ${baseline}\n`
      return { exitCode: exitCode.ok, document: { baseline, written: selected.length }, text }
    }
    const entries = baseline === undefined ? [] : await readBaseline(baseline)
    // A finding that was left out is still there: its entry is not stale.
    const compared = compareWithBaseline(report.findings, entries, report.roles)
    const fresh = compared.fresh.filter((finding) => isSelected(finding, selection))
    const known = compared.known.filter((finding) => isSelected(finding, selection))
    const stale = compared.stale.filter(({ rule }) => selection.rules?.includes(rule) ?? true)
    const fails = fresh.some((finding) => isAtLeast(finding.severity, selection.failOn))
    const summary = { ...report, findings: fresh, known, stale, ok: !fails }
    return {
      exitCode: fails ? exitCode.finding : exitCode.ok,
      document: summary,
      text:
        selection.format === 'sarif'
          ? `${JSON.stringify(sarifLog({ rules: lintRules, fresh, known, file: 'partywall.config.ts' }), null, 2)}\n`
          : lintText({ report, fresh, known, stale }),
    }
  },
}

interface Selection {
  readonly format: 'text' | 'sarif'
  readonly minSeverity: Severity
  readonly failOn: Severity
  readonly rules: readonly string[] | undefined
  readonly baseline: string | undefined
  readonly writesBaseline: boolean
}

/** @throws TenancyError `USAGE` when an option has a value that it does not know. */
function readSelection({ options, io, json }: CommandContext): Selection {
  const text = (name: string): string | undefined => (typeof options[name] === 'string' ? options[name] : undefined)
  const format = text('format') ?? 'text'
  if (format !== 'text' && format !== 'sarif') throw wrong('--format is text or sarif; --json gives JSON.')
  if (format === 'sarif' && json) throw wrong('--json and --format sarif are two documents: choose one.')
  const rules = text('rule')
    ?.split(',')
    .map((name) => name.trim())
  const unknown = rules?.find((name) => !lintRules.some((rule) => rule.name === name))
  if (unknown !== undefined) throw wrong(`There is no rule ${JSON.stringify(unknown)}: see docs/reference/lint.md.`)
  const baseline = text('baseline')
  const writesBaseline = options['write-baseline'] === true
  if (writesBaseline && baseline === undefined) throw wrong('--write-baseline needs --baseline, the file to write.')
  return {
    format,
    minSeverity: severityOf('min-severity', text('min-severity') ?? 'info'),
    failOn: severityOf('fail-on', text('fail-on') ?? 'warning'),
    rules,
    baseline: baseline === undefined ? undefined : resolve(io.cwd, baseline),
    writesBaseline,
  }
}

function severityOf(option: string, value: string): Severity {
  const found = severities.find((one) => one === value)
  if (found === undefined) throw wrong(`--${option} is error, warning or info, and not ${JSON.stringify(value)}.`)
  return found
}

function wrong(message: string): Error {
  return usageError(`${message}\nSee: partywall lint --help`)
}

function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(least)
}

function isSelected({ rule, severity }: LintFinding, { rules, minSeverity }: Selection): boolean {
  return (rules?.includes(rule) ?? true) && isAtLeast(severity, minSeverity)
}

function unique(known: readonly KnownFinding[]): readonly KnownFinding[] {
  return [...new Map(known.map((one) => [`${one.rule}\0${one.object}`, one])).values()]
}
