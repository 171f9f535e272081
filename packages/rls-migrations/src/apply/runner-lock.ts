import { setTimeout as sleep } from 'node:timers/promises'
import { TenancyError } from '@partywall/tenancy-core'
import { openSession, type OpenSession } from '../database/session.ts'

/** What every session of a run is called, so that the next run finds what a killed one left. */
export const runnerName = 'partywall apply'

/** 'partywa' in ASCII; any number serves, as long as all versions use the same. */
const LOCK_KEY = '31654379083421537'

export interface RunnerLock extends AsyncDisposable {
  release(): Promise<void>
}

/**
 * Makes sure that one run works on the database at a time. The lock is polled for and never waited for inside of the
 * server: a session that waits holds a snapshot, and would deadlock with an index that is built concurrently. Then the
 * statements of a run that was killed are ended, so that they cannot finish behind our back.
 *
 * @throws TenancyError `RUN_IN_PROGRESS` when another run holds the lock for longer than `patienceMs`.
 */
export async function acquireRunnerLock(url: string, patienceMs = 5_000): Promise<RunnerLock> {
  const session = await openSession({ url, applicationName: 'partywall lock' })
  try {
    const deadline = performance.now() + patienceMs
    while (!(await tryLock(session))) {
      if (performance.now() > deadline)
        throw new TenancyError(
          'RUN_IN_PROGRESS',
          'Another partywall command is at work on this database. Wait for it to end, then run this one again.',
        )
      await sleep(100)
    }
    await endOrphans(session)
  } catch (error) {
    await session.close()
    throw error
  }
  const release = (): Promise<void> => session.close()
  return { release, [Symbol.asyncDispose]: release }
}

async function tryLock(session: OpenSession): Promise<boolean> {
  const { rows } = await session.query<{ locked: boolean }>(`select pg_try_advisory_lock(${LOCK_KEY}) as locked`)
  return rows[0]?.locked === true
}

async function endOrphans(session: OpenSession): Promise<void> {
  const orphans = `select pid from pg_stat_activity where datname = current_database() and application_name = '${runnerName}' and usename = current_user`
  for (let round = 0; round < 100; round += 1) {
    const { rows } = await session.query(`select pg_terminate_backend(pid) from (${orphans}) o`)
    if (rows.length === 0) return
    await sleep(50)
  }
  throw new TenancyError(
    'RUN_IN_PROGRESS',
    'A statement of an earlier run does not end. Terminate the sessions named "partywall apply", then run this command again.',
  )
}
