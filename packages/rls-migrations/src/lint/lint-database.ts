import type { ResolvedConfig } from '../config/resolve-config.ts'
import type { OpenSession } from '../database/session.ts'
import { askRule, type RuleContext, type RuleFinding, type Severity } from '../verify/catalog-rule.ts'
import { catalogDrift, findCatalogDrift } from './catalog-drift.ts'
import type { LintFinding, LintReport, PendingStep } from './lint-report.ts'
import { lintQueries, lintRules } from './lint-rules.ts'
import type { RuleText } from './rule-text.ts'
import { readPolicies } from './policies/policy-facts.ts'
import { policyRules } from './policies/policy-rules.ts'
import { keyAcrossOrganizations } from './rules/key-across-organizations.ts'
import { findSubject } from './lint-subject.ts'
import { findNewTables, newTable } from './new-tables.ts'

export interface LintOptions {
  readonly session: OpenSession
  /** Says what the host's schemas and the tenant's column are, where the database does not keep a plan. */
  readonly config: ResolvedConfig
  /** A login of the application that may not be a member of its role. */
  readonly appLogin?: string | undefined
}

/**
 * Says what the catalog alone shows to be wrong, or to become wrong: holes in the wall, ways around it, what was changed
 * since the conversion, and what tables that came later need. Reads the catalog, no rows; takes no lock that anybody waits for.
 *
 * Works in every phase, and without the plan: by the policies that are there. It proves nothing; `verifyDatabase` does.
 *
 * @throws TenancyError `PLAN_UNKNOWN` when the database keeps a plan of a newer version.
 *
 * @example
 * ```ts
 * const { findings } = await lintDatabase({ session, config })
 * findings.filter(({ severity }) => severity === 'error').map(({ rule, fix }) => [rule, fix]) // []
 * ```
 */
export async function lintDatabase({ session, config, appLogin }: LintOptions): Promise<LintReport> {
  const startedAt = performance.now()
  const { basis, context } = await findSubject(session, config, appLogin)
  const found: LintFinding[] = []
  const add = (rule: RuleText, findings: readonly RuleFinding[], needs?: Needs): void => {
    found.push(...findings.map((finding) => asFinding(rule, finding, needs)))
  }
  const news = basis === 'plan' ? await findNewTables(session, context, config) : undefined
  if (basis === 'plan') add(catalogDrift, await findCatalogDrift(session, context))
  for (const rule of lintQueries) {
    const findings = await askRule(session, rule, context)
    add(rule, rule === keyAcrossOrganizations ? acceptKnownKeys(findings, context) : findings, news?.needs)
  }
  const world = await readPolicies(session, context)
  for (const rule of policyRules) add(rule, rule.judge(world))
  if (news !== undefined) add(newTable, news.findings, news.needs)
  return {
    basis,
    phase: context.phase,
    serverVersion: context.serverVersion,
    roles: context.settings.roles,
    rules: lintRules.length,
    findings: inOrder(withoutEchoes(found)),
    durationMs: performance.now() - startedAt,
  }
}

/** Keys of which the plan said that they stay as they are. */
const stayingKeys = [
  'exclusion',
  'deferrable-key',
  'key-held',
  'unique-held',
  'temporal-key',
  'key-width',
  'index-width',
]

/** What the plan told of was decided when the plan was taken. */
function acceptKnownKeys(findings: readonly RuleFinding[], { plan }: RuleContext): readonly RuleFinding[] {
  const told = new Map(
    plan.hazards.filter(({ id }) => stayingKeys.includes(id)).map((one) => [one.object, one.message]),
  )
  return findings.map((finding) => {
    const message = told.get(finding.object ?? '')
    return message === undefined
      ? finding
      : { ...finding, severity: 'info', detail: `${finding.detail}, as the plan said: ${message}` }
  })
}

type Needs = ReadonlyMap<string, readonly PendingStep[]>

function asFinding(rule: RuleText, finding: RuleFinding, needs: Needs | undefined): LintFinding {
  return {
    rule: rule.name,
    severity: finding.severity ?? rule.severity,
    table: finding.table,
    object: finding.object ?? finding.table,
    detail: finding.detail,
    why: rule.risk,
    remedy: rule.remedy,
    fix: finding.fix ?? [],
    needs: needs?.get(finding.table) ?? [],
  }
}

/**
 * What the comparison with the plan finds as well, a rule of its own says better. The plan knows what a policy was: its
 * statements end all that is said of the policy, and are told once. Elsewhere they serve where the rule has none.
 */
function withoutEchoes(findings: readonly LintFinding[]): readonly LintFinding[] {
  const isSaid = (one: LintFinding): boolean => one.rule !== catalogDrift.name && one.severity !== 'info'
  const said = new Set(findings.filter(isSaid).map((one) => one.object))
  const repairs = new Map(
    findings
      .filter((one) => one.rule === catalogDrift.name && one.fix.length > 0)
      .map((one) => [one.object, { fix: one.fix, isTold: false }]),
  )
  return findings
    .filter((one) => one.rule !== catalogDrift.name || !said.has(one.object))
    .map((one) => {
      const repair = isSaid(one) ? repairs.get(one.object) : undefined
      if (repair === undefined || (one.fix.length > 0 && !one.object.startsWith('policy '))) return one
      const fix = repair.isTold ? [] : repair.fix
      repair.isTold = true
      return { ...one, fix }
    })
}

/** The severities, the worst first. */
export const severities: readonly Severity[] = ['error', 'warning', 'info']

function inOrder(findings: readonly LintFinding[]): readonly LintFinding[] {
  return findings.toSorted((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity))
}
