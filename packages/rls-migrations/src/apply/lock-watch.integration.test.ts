import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { startPostgres } from '@partywall/testing'
import { createOwnedDatabase, execute } from '../../test/owned-database.ts'
import { openSession } from '../database/session.ts'
import type { Operation } from '../plan/step.ts'
import { openLockWatch } from './lock-watch.ts'
import type { Progress } from './progress.ts'
import { runOperation, type OperationResult } from './run-operation.ts'
import { runnerName } from './runner-lock.ts'

const addColumn: Operation = {
  id: 'expand/t/column',
  summary: 'add a column',
  mode: 'transaction',
  statements: ['alter table public.t add column added int'],
  lock: 'ACCESS EXCLUSIVE',
  scans: false,
  rewrites: false,
  checks: [],
}
const buildIndex: Operation = {
  ...addColumn,
  id: 'expand/t/index',
  mode: 'concurrent',
  statements: ['create index concurrently t_idx on public.t (id)'],
  index: 'public.t_idx',
  lock: 'SHARE UPDATE EXCLUSIVE',
  scans: true,
}

interface Watched {
  readonly result: OperationResult | Error
  readonly events: Progress[]
}

async function runWatched(
  url: string,
  operation: Operation,
  { lockPatienceMs = 60_000, events = [] }: { lockPatienceMs?: number; events?: Progress[] } = {},
): Promise<Watched> {
  await using session = await openSession({ url, applicationName: runnerName })
  await using watcher = await openSession({ url, applicationName: 'partywall lock' })
  const result = await runOperation(operation, {
    session,
    lockPatienceMs,
    onProgress: (progress) => events.push(progress),
    watch: await openLockWatch(session, watcher),
  }).catch((error: unknown) => error as Error)
  return { result, events }
}

async function holding(url: string, statement: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: 'the service' })
  await client.connect()
  await client.query(`begin; ${statement}`)
  return client
}

describe('a step that waits for its lock', () => {
  const text = "create table t (id int, secret text); insert into t values (1, 'hunter2')"

  it('names the session in the way and the table, and never what the session runs', async () => {
    await using database = await createOwnedDatabase({ text })
    const holder = await holding(database.ownerUrl, "update t set id = 2 where secret = 'hunter2'")
    const events: Progress[] = []
    const isSeen = (): boolean =>
      events.some((event) => event.type === 'waiting' && event.blockers.some(({ relation }) => relation !== null))
    const ended = (async () => {
      while (!isSeen()) await sleep(20)
      await holder.end()
    })()
    const { result } = await runWatched(database.ownerUrl, addColumn, { events })
    await ended
    expect(result).toMatchObject({ durationMs: expect.any(Number) })
    const waits = events.filter((event) => event.type === 'waiting')
    expect(waits.flatMap((wait) => wait.blockers)).toContainEqual(
      expect.objectContaining({
        applicationName: 'the service',
        login: database.owner,
        isAutovacuum: false,
        relation: 'public.t',
        state: 'idle in transaction',
        queryStart: expect.stringMatching(/^\d{4}-.*Z$/),
      }),
    )
    expect(JSON.stringify(events)).not.toContain('hunter2')
  })

  it('gives up with the session in the way when its patience is over', async () => {
    await using database = await createOwnedDatabase({ text })
    const holder = await holding(database.ownerUrl, 'lock table t in row exclusive mode')
    const { result } = await runWatched(database.ownerUrl, addColumn, { lockPatienceMs: 300 })
    await holder.end()
    expect(result).toMatchObject({
      code: 'LOCK_UNAVAILABLE',
      message: expect.stringContaining('(the service as '),
      details: { blockers: [{ applicationName: 'the service' }] },
    })
  })

  it('tells for whom an index that is built concurrently waits', async () => {
    await using database = await createOwnedDatabase({ text })
    const holder = await holding(database.ownerUrl, 'update t set id = 2')
    const ended = sleep(1500).then(() => holder.end())
    const { events } = await runWatched(database.ownerUrl, buildIndex)
    await ended
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'waiting',
        blockers: [expect.objectContaining({ applicationName: 'the service', relation: null })],
      }),
    )
  })
})

describe('autovacuum in the way of a step', () => {
  it('is made to go by a login that may not cancel it', async () => {
    // A vacuum so slow that it would outlast the test by hours.
    const settings = { autovacuum_naptime: '1', autovacuum_vacuum_cost_delay: '100', autovacuum_vacuum_cost_limit: '1' }
    await using server = await startPostgres({ source: 'embedded', settings })
    await execute(server.url(), "create role plain_owner login password 'p'")
    await using database = await server.createDatabase({ owner: 'plain_owner' })
    const url = database.url({ user: 'plain_owner', password: 'p' })
    await execute(
      url,
      "create table t (id int, filler text default repeat('x', 500)); insert into t select generate_series(1, 20000); update t set id = id + 1",
    )
    await using admin = await openSession({ url: database.url(), applicationName: 'test' })
    const isVacuuming = async (): Promise<boolean> =>
      (await admin.query("select from pg_stat_progress_vacuum where relid = 'public.t'::regclass")).rows.length > 0
    while (!(await isVacuuming())) await sleep(50)
    const { result, events } = await runWatched(url, addColumn)
    expect(result).toMatchObject({ durationMs: expect.any(Number) })
    expect(events).toContainEqual(
      expect.objectContaining({ blockers: [expect.objectContaining({ isAutovacuum: true, relation: 'public.t' })] }),
    )
  })
})
