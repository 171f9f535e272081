import type { RoleNames } from '../plan/plan.ts'
import type { Phase } from '../plan/step.ts'
import type { Severity } from '../verify/catalog-rule.ts'

/** What an apply would do about a table that came after the plan. */
export interface PendingStep {
  readonly id: string
  readonly phase: Phase
  readonly summary: string
}

/** One thing that is not as it should be. Plain data. */
export interface LintFinding {
  /** The rule, as `docs/reference/lint.md` names it. */
  readonly rule: string
  readonly severity: Severity
  /** The table as people write it; the role when it is about one; `''` when it is about neither. */
  readonly table: string
  /** What it is about. Together with the rule it stays the same from run to run. */
  readonly object: string
  /** What was found. */
  readonly detail: string
  /** What becomes possible because of it. */
  readonly why: string
  /** What to do, in words. */
  readonly remedy: string
  /** The statements that end it, in their order; empty when no statement can. */
  readonly fix: readonly string[]
  /** What an apply would do, for a table that came after the plan. */
  readonly needs: readonly PendingStep[]
}

/**
 * Where the knowledge comes from of what must be walled: the plan that the database keeps, policies that were found, or
 * nothing, in a database that is not converted.
 */
export type LintBasis = 'plan' | 'policies' | 'none'

/** What lint found. Plain data. */
export interface LintReport {
  readonly basis: LintBasis
  /** The phase that was judged: as it is recorded, or as the catalog looks. */
  readonly phase: Phase
  /** As `server_version_num` gives it: 180004 is 18.4. */
  readonly serverVersion: number
  /** The roles of the conversion, which a baseline leaves out of its entries; `app` is `public` where there is none. */
  readonly roles: RoleNames
  /** How many rules were asked. */
  readonly rules: number
  /** The worst first, and in the order of the rules. */
  readonly findings: readonly LintFinding[]
  /** Milliseconds. */
  readonly durationMs: number
}
