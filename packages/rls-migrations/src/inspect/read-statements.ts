import { isPostgresError } from '../database/postgres-error.ts'
import type { Session } from '../database/session.ts'
import { quoteIdentifier } from '../sql/identifier.ts'

/** A statement that the service sends, its constants replaced by parameters. */
export interface HostStatement {
  readonly query: string
  readonly calls: number
  readonly totalMs: number
}

/** The view answers these when the library is not loaded, or the login may not read it. */
const unreadable = ['55000', '42501']

/**
 * What `pg_stat_statements` has of this database, the costliest first; undefined when the extension is not there, or
 * cannot be read.
 */
export async function readStatements(session: Session, limit: number): Promise<readonly HostStatement[] | undefined> {
  const { rows: found } = await session.query<{ schema: string }>(
    "select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'",
  )
  if (found[0] === undefined) return undefined
  try {
    const { rows } = await session.query<HostStatement>(
      `select query, sum(calls)::float8 as calls, sum(total_exec_time) as "totalMs" from ${quoteIdentifier(found[0].schema)}.pg_stat_statements
       where dbid = (select oid from pg_database where datname = current_database()) and query <> '<insufficient privilege>'
       group by query order by "totalMs" desc limit $1`,
      [limit],
    )
    return rows
  } catch (error) {
    if (isPostgresError(error, ...unreadable)) return undefined
    throw error
  }
}
