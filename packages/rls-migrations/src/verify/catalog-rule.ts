import type { Session } from '../database/session.ts'
import type { Plan, PlanSettings } from '../plan/plan.ts'
import { hasReached, type Phase } from '../plan/step.ts'
import { quoteLiteral } from '../sql/identifier.ts'
import type { Crossing } from './verify-report.ts'

/** What a rule may ask about. */
export interface RuleContext {
  readonly settings: PlanSettings
  readonly plan: Plan
  readonly phase: Phase
  readonly serverVersion: number
  /** The application's role and every login that acts through it, the tool's own aside. */
  readonly boundRoles: readonly string[]
  /** The walls were built without Partywall: policies are for roles of the host, and `app` is one that uses the tables. */
  readonly handBuilt?: boolean
}

/** `error` crosses the wall or opens it to somebody, `warning` will or may, `info` is worth to know. */
export type Severity = 'error' | 'warning' | 'info'

/** One row of the answer of a rule. */
export interface RuleFinding {
  /** The table as people write it; the role when it is about one; `''` when it is about neither. */
  readonly table: string
  readonly detail: string
  /** What it is about, told apart from everything else that the rule finds; the table when absent. */
  readonly object?: string | null
  /** The statements that end it, quoted; empty or absent when no statement can. */
  readonly fix?: readonly string[] | null
  /** Where it differs from that of the rule. */
  readonly severity?: Severity | null
}

/** Something that must be true of roles and privileges: a query that returns what is not, and the words for it. */
export interface CatalogRule {
  /** As reports name it. */
  readonly name: string
  readonly promise: string
  /** What becomes possible while the promise does not hold. */
  readonly risk: string
  /** What to do about it, in words. */
  readonly remedy: string
  readonly severity: Severity
  /** @defaultValue `'expand'` */
  readonly since?: Phase
  /** Says nothing without a plan: it compares with what the plan knows. */
  readonly needsPlan?: boolean
  /** Returns a {@link RuleFinding} a row. Runs with `search_path = pg_catalog`. */
  readonly query: (context: RuleContext) => { readonly text: string; readonly values: readonly unknown[] }
}

/** Everything that breaks one of the rules. Reads the catalog only. */
export async function findBrokenRules(
  session: Session,
  rules: readonly CatalogRule[],
  context: RuleContext,
): Promise<readonly Crossing[]> {
  const crossings: Crossing[] = []
  for (const rule of rules) {
    const findings = await askRule(session, rule, context)
    crossings.push(...findings.map(({ table, detail }) => ({ table, probe: rule.name, detail })))
  }
  return crossings
}

/** What breaks one rule; nothing in a phase that it is not about yet. */
export async function askRule(
  session: Session,
  rule: CatalogRule,
  context: RuleContext,
): Promise<readonly RuleFinding[]> {
  if (!hasReached(context.phase, rule.since ?? 'expand')) return []
  if (rule.needsPlan === true && context.plan.steps.length === 0) return []
  const { text, values } = rule.query(context)
  return (await session.query<RuleFinding>(text, values)).rows
}

/** The oids of tables of these classes, as an SQL subquery over `$n`, filled by {@link planTables}. */
export function tablesIn(parameter: string): string {
  // By name and not by to_regclass(), which refuses to look into a schema that the login may not use.
  return `(select tc.oid from jsonb_array_elements(${parameter}::jsonb) item join pg_namespace tn on tn.nspname = item ->> 'schema' join pg_class tc on tc.relnamespace = tn.oid and tc.relname = item ->> 'name')`
}

export function planTables(plan: Plan, ...classes: readonly (keyof Plan['tables'])[]): string {
  return JSON.stringify(classes.flatMap((one) => plan.tables[one]).map(({ schema, name }) => ({ schema, name })))
}

/** How people write the name of relation `c` in schema `n`. */
export const displayedRelation =
  "case n.nspname when 'public' then c.relname::text else n.nspname || '.' || c.relname end"

/** What is granted on relation `c` and on its columns. */
export const relationGrants =
  'select a.grantee, a.privilege_type from aclexplode(c.relacl) a union all select a.grantee, a.privilege_type from pg_attribute t cross join aclexplode(t.attacl) a where t.attrelid = c.oid'

/**
 * Through whom role `r` holds one of the privileges, quoted, as REVOKE takes it: itself, PUBLIC, a role that it is a
 * member of. Null when nobody does. Through one of our own roles it holds what that role needs: the membership is what
 * must go, and has a rule.
 */
export function heldThrough(grants: string, privileges: string, { roles }: PlanSettings): string {
  const ours = [roles.operator, roles.migrator, roles.definer].map(quoteLiteral).join(', ')
  return `(select string_agg(distinct case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end, ', ') from (${grants}) g where g.privilege_type = any (${privileges}) and (g.grantee = 0 or pg_has_role(r.oid, g.grantee, 'usage') and pg_get_userbyid(g.grantee) not in (${ours})))`
}

/** The statements, those aside that a null in them made null. */
export function statements(...expressions: readonly string[]): string {
  return `array_remove(array[${expressions.join(', ')}]::text[], null)`
}
