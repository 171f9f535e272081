import type { Session } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'
import { displayName, quoteName } from '../sql/identifier.ts'

/** The tables of the plan that the host has dropped or renamed since, as steps name them: nothing can be done to them. */
export async function findGoneTables(session: Session, plan: Plan): Promise<ReadonlySet<string>> {
  const tables = Object.values(plan.tables).flat()
  const { rows } = await session.query<{ gone: boolean }>(
    'select to_regclass(name) is null as gone from unnest($1::text[]) with ordinality t(name, at) order by at',
    [tables.map(quoteName)],
  )
  return new Set(tables.filter((_table, at) => rows[at]?.gone === true).map(displayName))
}
