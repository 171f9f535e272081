import { setTimeout as sleep } from 'node:timers/promises'
import { TenancyError } from '@partywall/tenancy-core'
import { isPostgresError } from '../database/postgres-error.ts'
import { openSession, type OpenSession, type Session } from '../database/session.ts'

/** What every session of a run is called, so that the next run finds what a killed one left. */
export const runnerName = 'partywall apply'

/** 'partywa' in ASCII; any number serves, as long as all versions use the same. */
const LOCK_KEY = '31654379083421537'

export interface RunnerLock extends AsyncDisposable {
  /** The session that holds the lock. It is idle, and may look at what the session that works waits for. */
  readonly session: Session
  /**
   * Lets the next run begin.
   *
   * @example
   * ```ts
   * const lock = await acquireRunnerLock(ownerUrl)
   * await lock.release()
   * ```
   */
  release(): Promise<void>
}

/**
 * Makes sure that one run works on the database at a time. The lock is polled for and never waited for inside of the
 * server: a session that waits holds a snapshot, and would deadlock with an index that is built concurrently. Then the
 * statements of a run that was killed are ended, or waited for, so that they cannot finish behind our back.
 *
 * @throws TenancyError `RUN_IN_PROGRESS` when another run holds the lock for longer than `patienceMs`, or a statement of an
 * earlier run does not end.
 *
 * @example
 * ```ts
 * await using lock = await acquireRunnerLock(ownerUrl)
 * await acquireRunnerLock(ownerUrl, 0) // TenancyError RUN_IN_PROGRESS
 * ```
 */
export async function acquireRunnerLock(url: string, patienceMs = 5_000): Promise<RunnerLock> {
  const session = await openSession({ url, applicationName: 'partywall lock' })
  try {
    const deadline = performance.now() + patienceMs
    while (!(await tryLock(session))) {
      if (performance.now() > deadline) throw await inProgress(session)
      await sleep(100)
    }
    await endOrphans(session, patienceMs)
  } catch (error) {
    await session.close()
    throw error
  }
  const release = (): Promise<void> => session.close()
  return { session, release, [Symbol.asyncDispose]: release }
}

async function tryLock(session: OpenSession): Promise<boolean> {
  const { rows } = await session.query<{ locked: boolean }>(`select pg_try_advisory_lock(${LOCK_KEY}) as locked`)
  return rows[0]?.locked === true
}

/** A session that holds the lock of a run. */
export interface Runner {
  readonly pid: number
  /** Null, as what follows, for a login that may not see other sessions. */
  readonly login: string | null
  readonly since: string | null
}

/** The sessions of the runs that are at work on this database: one, or none. */
export async function findRunners(session: Session): Promise<readonly Runner[]> {
  const { rows } = await session.query<Runner>(
    `select a.pid, a.usename as login, to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())
       and l.objsubid = 1 and (l.classid::int8 << 32) | l.objid::int8 = ${LOCK_KEY}`,
  )
  return rows
}

/** Who wants to end the other run must find its session. */
async function inProgress(session: Session): Promise<TenancyError> {
  const sessions = await findRunners(session)
  const holder = sessions.map(
    ({ pid, login, since }) =>
      ` It is session ${pid}${login === null ? '' : ` of ${login}`}${since === null ? '' : `, since ${since}`}.`,
  )
  return new TenancyError(
    'RUN_IN_PROGRESS',
    `Another partywall command is at work on this database.${holder.join('')} Wait for it to end, then run this one again.`,
    { details: { sessions } },
  )
}

/** Ends what a killed run left on the server; what this login may not end is waited for. */
async function endOrphans(session: OpenSession, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const { rows } = await session.query<{ pid: number }>(
      'select pid from pg_stat_activity where datname = current_database() and application_name = $1',
      [runnerName],
    )
    if (rows.length === 0) return
    if (performance.now() > deadline) throw orphansStay(rows.map(({ pid }) => pid))
    for (const { pid } of rows) await terminate(session, pid)
    await sleep(50)
  }
}

async function terminate(session: OpenSession, pid: number): Promise<void> {
  try {
    await session.query('select pg_terminate_backend($1)', [pid])
  } catch (error) {
    // Sessions of another role may be beyond this login.
    if (!isPostgresError(error, '42501')) throw error
  }
}

function orphansStay(pids: readonly number[]): TenancyError {
  return new TenancyError(
    'RUN_IN_PROGRESS',
    `A statement of an earlier run does not end, and this login may not end it. Have a DBA run, then run this command again:\n${pids.map((pid) => `select pg_terminate_backend(${pid});`).join('\n')}`,
    { details: { pids } },
  )
}
