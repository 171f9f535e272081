import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { createOwnedDatabase, query, type OwnedDatabase } from '../../test/owned-database.ts'
import { compareSnapshots, readSchemaSnapshot } from '../catalog/schema-snapshot.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { readConversion } from '../conversion.ts'
import { openSession } from '../database/session.ts'
import { rollbackPlan } from '../rollback/rollback-plan.ts'
import { applyPlan } from './apply-plan.ts'
import type { OnProgress, Progress } from './progress.ts'
import { runnerName } from './runner-lock.ts'

const config = resolveConfig({ root: { table: 'teams' }, tables: { shared: ['labels'] } })

/** Enough rows for several batches in `tasks`. */
const more = `; insert into tasks (project_id, title) select 1 + n % 30, repeat('task ', 60) || n from generate_series(1, 60000) n`

/** Rows whose organization is not the team that the host's own keys lead to. */
const wrong = `select ((select count(*) from projects where org_id is distinct from team_id)
  + (select count(*) from tasks t join projects p on p.id = t.project_id where t.org_id is distinct from p.team_id)
  + (select count(*) from comments c left join tasks t on t.id = c.task_id join projects p on p.id in (c.project_id, t.project_id) where c.org_id is distinct from p.team_id))::int as wrong`

let planner: string

beforeAll(async () => {
  planner = (await readFile(join(import.meta.dirname, '../../test/planner.sql'), 'utf8')) + more
})

class CutOff extends Error {}

async function apply(database: OwnedDatabase, onProgress: OnProgress = () => undefined): Promise<void> {
  await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
  const { plan } = await readConversion(session, config)
  await applyPlan({ session, plan, to: 'expand', onProgress })
}

/** Calls back after the nth batch of the backfill of `tasks`. */
function afterBatch(count: number, act: () => void): OnProgress {
  let seen = 0
  return (progress) => {
    if (isBatchOf(progress, 'expand/tasks/backfill') && ++seen === count) act()
  }
}

function isBatchOf(progress: Progress, step: string): progress is Extract<Progress, { type: 'batch' }> {
  return progress.type === 'batch' && progress.operation.id === step
}

const cut = (count: number): OnProgress =>
  afterBatch(count, () => {
    throw new CutOff()
  })

describe('a backfill', () => {
  it('goes on from its last batch after it was cut off', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    await expect(apply(database, cut(3))).rejects.toThrow(CutOff)
    const done = 'select count(org_id)::int as rows from tasks'
    const [before] = await query<{ rows: number }>(database.adminUrl, done)
    expect(before?.rows).toBeGreaterThan(0)
    expect(before?.rows).toBeLessThan(63_000)
    let first: number | undefined
    let rows = 0
    await apply(database, (progress) => {
      if (!isBatchOf(progress, 'expand/tasks/backfill')) return
      first ??= progress.fraction
      rows = progress.rows
    })
    expect(first).toBeGreaterThan(0.01)
    expect(rows).toBe(63_000 - (before?.rows ?? 0))
    expect(await query(database.adminUrl, wrong)).toEqual([{ wrong: 0 }])
  })

  it('is undone by a rollback from its middle, to the very schema that was', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    const before = await readSchemaSnapshot(session)
    await expect(apply(database, cut(2))).rejects.toThrow(CutOff)
    const { plan } = await readConversion(session, config)
    await rollbackPlan({ session, plan, to: 'none' })
    expect(compareSnapshots(before, await readSchemaSnapshot(session))).toEqual([])
  })

  it('begins anew when the table was rewritten in between', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    await expect(apply(database, cut(3))).rejects.toThrow(CutOff)
    await database.admin(
      'create index tasks_by_title on tasks (title desc); cluster tasks using tasks_by_title; drop index tasks_by_title',
    )
    await apply(database)
    expect(await query(database.adminUrl, wrong)).toEqual([{ wrong: 0 }])
  })

  it('waits for a row that the service holds, and lets the service wait for no longer than a batch', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    const client = new Client({ connectionString: database.ownerUrl })
    await client.connect()
    let held: Promise<unknown> | undefined
    const waits: Progress[] = []
    const run = apply(database, (progress) => {
      if (progress.type === 'planned' || progress.operation.id !== 'expand/tasks/backfill') return
      // The last of the rows: the backfill is on its way to it.
      held ??= client.query("begin; update tasks set title = 'held' where id = 63000")
      if (progress.type === 'waiting') waits.push(progress)
    })
    while (waits.length < 3) await sleep(20)
    await client.query('commit')
    await client.end()
    await run
    expect(await query(database.adminUrl, wrong)).toEqual([{ wrong: 0 }])
  })

  it('and what follows it lose nothing that old code writes meanwhile', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    await using service = await openService(database)
    await apply(database)
    const { writes, failures } = await service.stop()
    expect(failures).toEqual([])
    expect(writes).toBeGreaterThan(100)
    expect(await query(database.adminUrl, wrong)).toEqual([{ wrong: 0 }])
  })
})

/** Old code at work, without a tenant: it adds rows, changes them, and moves tasks and whole projects to other teams. */
async function openService(
  database: OwnedDatabase,
): Promise<AsyncDisposable & { stop(): Promise<{ readonly writes: number; readonly failures: readonly string[] }> }> {
  const over = new AbortController()
  let writes = 0
  const failures: string[] = []
  const draw = (below: number): number => 1 + Math.floor(Math.random() * below)
  const statements: readonly (() => string)[] = [
    () => `insert into tasks (project_id, title) values (${draw(30)}, 'new')`,
    () => `insert into comments (task_id, body) values (${draw(60_000)}, 'new')`,
    () => `update tasks set title = title || '.' where id = ${draw(60_000)}`,
    // Only tasks that nothing hangs on, and that hang on no other: whole trees move with their project.
    () =>
      `update tasks t set project_id = ${draw(30)} where id = ${3000 + draw(57_000)} and not exists (select from comments c where c.task_id = t.id)`,
    () => (draw(10) > 1 ? 'select 1' : `update projects set team_id = ${draw(3)} where id = ${draw(30)}`),
    () => `delete from comments where id = ${draw(2000)}`,
  ]
  const clients = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const client = new Client({ connectionString: database.ownerUrl })
      await client.connect()
      return client
    }),
  )
  const work = clients.map(async (client) => {
    while (!over.signal.aborted) {
      const statement = statements[draw(statements.length) - 1] as () => string
      try {
        await client.query(statement())
        writes += 1
        await sleep(10)
      } catch (error) {
        // Two movers may meet; a service repeats such a transaction anyway.
        if ((error as { code?: string }).code !== '40P01') failures.push((error as Error).message)
      }
    }
  })
  const stop = async (): Promise<{ writes: number; failures: readonly string[] }> => {
    over.abort()
    await Promise.all(work)
    await Promise.all(clients.map((client) => client.end()))
    return { writes, failures }
  }
  return { stop, [Symbol.asyncDispose]: async () => void (over.signal.aborted || (await stop())) }
}
