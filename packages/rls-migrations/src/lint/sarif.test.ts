import { describe, expect, it } from 'vitest'
import type { LintFinding } from './lint-report.ts'
import { lintRules } from './lint-rules.ts'
import { sarifLog } from './sarif.ts'

const finding = (rule: string, severity: LintFinding['severity']): LintFinding => ({
  rule,
  severity,
  table: 'tasks',
  object: 'row-level security on tasks',
  detail: 'it is off',
  why: 'Everybody reads it.',
  remedy: 'Switch it on.',
  fix: ['alter table public.tasks enable row level security'],
  needs: [],
})

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: string
  readonly message: { readonly text: string }
  readonly locations: readonly unknown[]
  readonly partialFingerprints: Readonly<Record<string, string>>
  readonly baselineState: string
  readonly suppressions?: readonly unknown[]
}

interface Log {
  readonly $schema: string
  readonly version: string
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] } }
    readonly results: readonly Result[]
  }[]
}

const log = JSON.parse(
  JSON.stringify(
    sarifLog({
      rules: lintRules,
      fresh: [
        finding('row-security-off', 'error'),
        finding('no-tenant-index', 'warning'),
        finding('no-primary-key', 'info'),
      ],
      known: [finding('catalog', 'error')],
      file: 'partywall.config.ts',
    }),
  ),
) as Log

/** What the schema of SARIF 2.1.0 demands of each object that is written, and the words that it allows. */
describe('sarifLog', () => {
  it('is a log of version 2.1.0 with one run of a named tool', () => {
    expect(log.version).toBe('2.1.0')
    expect(URL.canParse(log.$schema)).toBe(true)
    expect(log.runs).toHaveLength(1)
    expect(log.runs[0]?.tool.driver.name).toMatch(/\S/)
  })

  it('describes every rule once, by a stable id', () => {
    const rules = log.runs[0]?.tool.driver.rules ?? []
    expect(rules.map((rule) => rule.id)).toEqual(lintRules.map((rule) => rule.name))
    expect(new Set(rules.map((rule) => rule.id)).size).toBe(rules.length)
    for (const rule of rules)
      expect(rule).toMatchObject({
        shortDescription: { text: expect.stringMatching(/\S/) as unknown },
        fullDescription: { text: expect.stringMatching(/\S/) as unknown },
        help: { text: expect.stringMatching(/\S/) as unknown },
        defaultConfiguration: { level: expect.stringMatching(/^(none|note|warning|error)$/) as unknown },
      })
  })

  it('points each result to its rule, with a message, a level, a place and a fingerprint', () => {
    const [run] = log.runs
    expect(run?.results.map((result) => result.level)).toEqual(['error', 'warning', 'note', 'error'])
    for (const result of run?.results ?? []) {
      expect(run?.tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId)
      expect(result.message.text).toContain('alter table public.tasks enable row level security;')
      expect(result.locations).toEqual([
        {
          physicalLocation: { artifactLocation: { uri: 'partywall.config.ts' }, region: { startLine: 1 } },
          logicalLocations: [{ name: 'tasks', fullyQualifiedName: 'row-level security on tasks', kind: 'resource' }],
        },
      ])
      expect(Object.values(result.partialFingerprints)).toEqual([`${result.ruleId}: row-level security on tasks`])
    }
  })

  it('suppresses what the baseline knows', () => {
    const results = log.runs[0]?.results ?? []
    expect(results.map((result) => result.baselineState)).toEqual(['new', 'new', 'new', 'unchanged'])
    expect(results.filter((result) => result.suppressions !== undefined)).toHaveLength(1)
    expect(results.at(-1)?.suppressions).toEqual([{ kind: 'external', justification: 'in the baseline' }])
  })
})
