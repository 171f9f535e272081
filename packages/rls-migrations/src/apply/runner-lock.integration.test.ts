import { describe, expect, it } from 'vitest'
import { createOwnedDatabase, query } from '../../test/owned-database.ts'
import { openSession } from '../database/session.ts'
import { acquireRunnerLock, runnerName } from './runner-lock.ts'

describe('the lock of a run', () => {
  it('is told to a second run with the session that holds it, and is had when the first is over', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    const first = await acquireRunnerLock(database.ownerUrl)
    await expect(acquireRunnerLock(database.ownerUrl, 100)).rejects.toMatchObject({
      code: 'RUN_IN_PROGRESS',
      details: { sessions: [{ login: database.owner, pid: expect.any(Number) }] },
    })
    const second = acquireRunnerLock(database.ownerUrl, 60_000)
    await first.release()
    await (await second).release()
  })

  it('ends what a killed run left at work', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    const orphan = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    const ended = orphan.query('select pg_sleep(600)').catch((error: unknown) => error)
    await using _lock = await acquireRunnerLock(database.ownerUrl)
    expect(await ended).toMatchObject({ code: '57P01' })
    await orphan.close()
  })

  it('waits for the work of another role, and names what a DBA must end when it stays', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    const orphan = await openSession({ url: database.adminUrl, applicationName: runnerName })
    const [row] = await query<{ pid: number }>(
      database.adminUrl,
      `select pid from pg_stat_activity where application_name = '${runnerName}' and datname = current_database()`,
    )
    await expect(acquireRunnerLock(database.ownerUrl, 500)).rejects.toMatchObject({
      code: 'RUN_IN_PROGRESS',
      message: expect.stringContaining(`select pg_terminate_backend(${row?.pid});`),
    })
    await orphan.close()
  })
})
