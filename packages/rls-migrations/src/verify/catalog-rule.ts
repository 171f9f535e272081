import type { Session } from '../database/session.ts'
import type { Plan, PlanSettings } from '../plan/plan.ts'
import { hasReached, type Phase } from '../plan/step.ts'
import type { Crossing } from './verify-report.ts'

/** What a rule may ask about. */
export interface RuleContext {
  readonly settings: PlanSettings
  readonly plan: Plan
  readonly phase: Phase
  readonly serverVersion: number
  /** The application's role and every login that acts through it, the tool's own aside. */
  readonly boundRoles: readonly string[]
}

/** Something that must be true of roles and privileges: a query that returns what is not, and the words for it. */
export interface CatalogRule {
  /** As reports name it. */
  readonly name: string
  readonly promise: string
  /** @defaultValue `'expand'` */
  readonly since?: Phase
  /** Returns one row a finding, with the text columns `table` and `detail`. Runs with `search_path = pg_catalog`. */
  readonly query: (context: RuleContext) => { readonly text: string; readonly values: readonly unknown[] }
}

/** Everything that breaks one of the rules. Reads the catalog only. */
export async function findBrokenRules(
  session: Session,
  rules: readonly CatalogRule[],
  context: RuleContext,
): Promise<readonly Crossing[]> {
  const crossings: Crossing[] = []
  for (const rule of rules.filter((one) => hasReached(context.phase, one.since ?? 'expand'))) {
    const { text, values } = rule.query(context)
    const { rows } = await session.query<{ table: string; detail: string }>(text, values)
    crossings.push(...rows.map(({ table, detail }) => ({ table, probe: rule.name, detail })))
  }
  return crossings
}

/** The oids of tables of these classes, as an SQL subquery over `$n`, filled by {@link planTables}. */
export function tablesIn(parameter: string): string {
  return `(select to_regclass(format('%I.%I', item ->> 'schema', item ->> 'name'))::oid from jsonb_array_elements(${parameter}::jsonb) item)`
}

export function planTables(plan: Plan, ...classes: readonly (keyof Plan['tables'])[]): string {
  return JSON.stringify(classes.flatMap((one) => plan.tables[one]).map(({ schema, name }) => ({ schema, name })))
}

/** How people write the name of relation `c` in schema `n`. */
export const displayedRelation =
  "case n.nspname when 'public' then c.relname::text else n.nspname || '.' || c.relname end"
