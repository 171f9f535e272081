import { isTenancyError } from '@partywall/tenancy-core'
import { newTableQuery, schemaQuery } from '../catalog/catalog-queries.ts'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import { readIncrement } from '../conversion.ts'
import type { Session } from '../database/session.ts'
import type { Increment } from '../plan/increment.ts'
import type { RuleContext, RuleFinding } from '../verify/catalog-rule.ts'
import { displayName, type QualifiedName } from '../sql/identifier.ts'
import type { PendingStep } from './lint-report.ts'
import type { RuleText } from './rule-text.ts'

/** The rule about what came after the plan and is closed to the application; open, it is an `unplanned-table`. */
export const newTable: RuleText = {
  name: 'new-table',
  promise: 'every table has a part in the plan',
  risk: 'The service cannot use the table, and whoever grants it privileges opens a table without a wall.',
  remedy: 'Run partywall plan and partywall apply: they add the table alone. Or name it under "tables.skipped".',
  severity: 'warning',
}

/** What came after the plan, and what an apply would do about each table, by the table's name. */
export interface NewTables {
  readonly findings: readonly RuleFinding[]
  readonly needs: ReadonlyMap<string, readonly PendingStep[]>
}

export async function findNewTables(
  session: Session,
  { plan, phase, settings }: RuleContext,
  config: ResolvedConfig,
): Promise<NewTables> {
  const { rows: host } = await session.query<{ name: string }>(schemaQuery, [settings.controlSchema])
  const known = Object.values(plan.tables).flat()
  const { rows } = await session.query<QualifiedName & { readonly open: boolean; readonly root: QualifiedName | null }>(
    newTableQuery,
    [
      JSON.stringify(known.map(({ schema, name }) => ({ schema, name }))),
      config.schemas ?? host.map((one) => one.name),
      settings.roles.app,
    ],
  )
  if (rows.length === 0) return { findings: [], needs: new Map() }
  const closed = rows.filter((table) => !table.open)
  const planned = await planNew(session, { plan, phase }, config)
  return {
    findings: [
      ...closed.map((table) => ({
        table: displayName(table),
        object: `table ${displayName(table)}`,
        detail:
          table.root === null
            ? 'came after the plan was made, and has no part in it'
            : `came after the plan was made, as a partition of ${displayName(table.root)}: it has no policies of its own`,
      })),
      ...(planned.refusal === undefined
        ? []
        : [{ table: '', object: 'the plan of what is new', detail: `plan refuses it: ${planned.refusal}` }]),
    ],
    needs: needsOf(planned.increment),
  }
}

/** A plan that refuses what is new must not keep everything else from being told. */
async function planNew(
  session: Session,
  { plan, phase }: Pick<RuleContext, 'plan' | 'phase'>,
  config: ResolvedConfig,
): Promise<{ readonly increment?: Increment | undefined; readonly refusal?: string }> {
  const state = { plan, phase, planHash: undefined, done: new Set<string>(), begun: new Set<never>() }
  try {
    return { increment: await readIncrement(session, { plan, frozen: true, state }, config) }
  } catch (error) {
    if (!isTenancyError(error)) throw error
    return { refusal: error.message }
  }
}

function needsOf(increment: Increment | undefined): ReadonlyMap<string, readonly PendingStep[]> {
  const needs = new Map<string, PendingStep[]>()
  for (const { id, phase, table, summary } of increment?.steps ?? []) {
    if (table === null) continue
    needs.set(table, [...(needs.get(table) ?? []), { id, phase, summary }])
  }
  return needs
}
