import { TenancyError } from '@partywall/tenancy-core'
import type { Session } from '../database/session.ts'
import { forecast, type Forecast } from '../forecast/forecast.ts'
import { readStatements } from '../inspect/read-statements.ts'
import type { Plan } from '../plan/plan.ts'

/** The statements that are explained: a service spends its time in few. */
const STATEMENTS = 100

/**
 * The forecast for the costliest statements that the server has seen.
 *
 * @throws TenancyError `STATEMENTS_UNREADABLE` when `pg_stat_statements` is not there or not for this login; what
 * {@link forecast} throws.
 */
export async function readForecast(session: Session, plan: Plan): Promise<Forecast> {
  const statements = await readStatements(session, STATEMENTS)
  if (statements === undefined) {
    throw new TenancyError(
      'STATEMENTS_UNREADABLE',
      'A forecast needs the statements of the service. Have a DBA load pg_stat_statements (shared_preload_libraries), create the extension in this database, and grant this login pg_read_all_stats.',
    )
  }
  return await forecast({ session, plan, statements })
}

/** The statements that lose an index, with their cost before and after. */
export function forecastText(found: Forecast | undefined): string {
  if (found === undefined) return ''
  const { explained, skipped, demoted } = found
  const head = `Forecast: ${explained} statements explained, ${skipped} left out, ${demoted.length} lose an index below the policies.`
  const lines = demoted.flatMap(({ query, calls, cost, demotions }) => [
    `  ${query.replaceAll(/\s+/g, ' ').slice(0, 160)}`,
    `    ${calls} calls, estimated cost ${cost.before} before and ${cost.after} after`,
    ...demotions.map(
      ({ table, index, condition }) =>
        `    ${condition} on ${table} is not found by ${index} any more, but filtered: see leaky-index`,
    ),
  ])
  return ['', head, ...lines].join('\n')
}
