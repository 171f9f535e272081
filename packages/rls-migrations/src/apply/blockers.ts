import type { Session } from '../database/session.ts'

/** A session that keeps another one waiting. Never what it runs: statements hold the host's values. */
export interface Blocker {
  /** The process id of its backend; 0 stands for a prepared transaction. */
  readonly pid: number
  readonly applicationName: string | null
  readonly login: string | null
  readonly isAutovacuum: boolean
  /** The table that is waited for, quoted; null when it is a snapshot that is in the way. */
  readonly relation: string | null
  /** What follows is null for a login that may not see other sessions (`pg_read_all_stats` may). */
  readonly state: string | null
  readonly queryStart: string | null
  readonly transactionSeconds: number | null
}

/** The columns of a {@link Blocker} from pg_stat_activity `a`; a worker of autovacuum has a database and no login. */
const columns = `nullif(a.application_name, '') as "applicationName", a.usename as login,
  coalesce(a.backend_type = 'autovacuum worker', a.datid is not null and a.usesysid is null) as "isAutovacuum",
  a.state, to_char(a.query_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "queryStart",
  round(extract(epoch from clock_timestamp() - a.xact_start))::int as "transactionSeconds"`

/** The sessions that the backend `pid` waits for right now. */
export async function findBlockers(session: Session, pid: number): Promise<readonly Blocker[]> {
  const { rows } = await session.query<Blocker>(
    `select b.pid, ${columns}, (select l.relation::regclass::text from pg_locks l where l.pid = $1 and not l.granted and l.relation is not null limit 1) as relation
     from unnest(pg_blocking_pids($1)) b(pid) left join pg_stat_activity a on a.pid = b.pid`,
    [pid],
  )
  return rows
}

/** The oldest transactions of the database: who is likely in the way, when nobody watched. */
export async function findLongTransactions(session: Session): Promise<readonly Blocker[]> {
  const { rows } = await session.query<Blocker>(
    `select a.pid, ${columns}, null as relation from pg_stat_activity a
     where a.datname = current_database() and a.pid <> pg_backend_pid() and a.xact_start < clock_timestamp() - interval '100 ms'
     order by a.xact_start limit 3`,
  )
  return rows
}

/** Transactions that held a snapshot before `since` already. */
export async function findOldSnapshots(session: Session, since: string): Promise<readonly Blocker[]> {
  const { rows } = await session.query<Blocker>(
    `select a.pid, ${columns}, null as relation from pg_stat_activity a
     where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_xmin is not null
       and a.xact_start < $1::timestamptz and a.backend_type = 'client backend'
     order by a.xact_start limit 3`,
    [since],
  )
  return rows
}

/** One blocker, for a person: `4711 (web as app_login, holds public.orders, transaction for 12 s, idle in transaction)`. */
export function describeBlocker(blocker: Blocker): string {
  if (blocker.pid === 0) return 'a prepared transaction'
  const { applicationName, login, relation, transactionSeconds, state, queryStart } = blocker
  const name = blocker.isAutovacuum ? 'autovacuum' : [applicationName, login].filter((one) => one !== null).join(' as ')
  const facts = [
    name === '' ? 'a session' : name,
    ...(relation === null ? [] : [`holds ${relation}`]),
    ...(transactionSeconds === null ? [] : [`transaction for ${transactionSeconds} s`]),
    ...(queryStart === null ? [] : [`statement since ${queryStart}`]),
    ...(state?.startsWith('idle in transaction') === true ? [state] : []),
  ]
  return `${blocker.pid} (${facts.join(', ')})`
}

export function describeBlockers(blockers: readonly Blocker[]): string {
  return blockers.length === 0 ? 'short transactions' : blockers.map(describeBlocker).join(', ')
}
