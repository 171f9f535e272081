import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOwnedDatabase, query, type OwnedDatabase } from '../../rls-migrations/test/owned-database.ts'
import { openSession } from '../../rls-migrations/src/database/session.ts'

const main = join(import.meta.dirname, 'main.ts')
const taskCount = 63_000

// Notes every update of a task that was committed; that it runs for each row is a hazard, which is accepted here.
const changes = `
  insert into tasks (project_id, author, title) select 1 + n % 30, 1 + n % 2, 'more ' || n from generate_series(1, 60000) n;
  create table update_log (task int not null);
  create function note_update() returns trigger language plpgsql as $$ begin insert into public.update_log values (new.id); return null; end $$;
  create trigger note_update after update on tasks for each row execute function note_update();
`

let folder: string
let planner: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partywall-backfill-'))
  const config = { root: { table: 'teams', name: 'name', slug: 'slug' }, tables: { shared: ['labels', 'update_log'] } }
  await writeFile(join(folder, 'partywall.config.ts'), `export default ${JSON.stringify(config)}\n`)
  planner = await readFile(join(import.meta.dirname, '../../rls-migrations/test/planner.sql'), 'utf8')
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

function apply(database: OwnedDatabase, ...options: string[]): ChildProcess {
  const args = ['apply', '--to', 'expand', '--yes', '--accept-hazards', '--database-url', database.ownerUrl, ...options]
  return spawn(process.execPath, ['--conditions=partywall-source', main, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, INIT_CWD: folder },
  })
}

/** Kills an apply when so many batches of the tasks are committed. */
async function killInBackfill(database: OwnedDatabase, batches: number): Promise<void> {
  const child = apply(database)
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const closed = once(child, 'close')
  await using watcher = await openSession({ url: database.adminUrl, applicationName: 'test' })
  const seen = new Set<number>()
  while (child.exitCode === null && seen.size < batches) {
    const journal = `select to_regclass('partywall.journal') is not null as made`
    const { rows } = await watcher.query<{ made: boolean }>(journal)
    if (rows[0]?.made === true) {
      const progress = await watcher.query<{ next: number }>(
        `select (progress ->> 'next')::int as next from partywall.journal where progress ->> 'table' like '%tasks%' and progress ->> 'table' not like '%labels%' and status = 'started'`,
      )
      for (const { next } of progress.rows) if (next > 0) seen.add(next)
    }
    await sleep(1)
  }
  expect(child.exitCode, complaint).toBeNull()
  child.kill('SIGKILL')
  await closed
}

describe('a backfill that is killed', () => {
  it.each([1, 2, 4])(
    'goes on from its last batch, and writes no row twice: after %i',
    async (batches) => {
      await using database = await createOwnedDatabase({ text: planner + changes })
      await killInBackfill(database, batches)
      const [before] = await query<{ n: number }>(database.adminUrl, 'select count(*)::int as n from update_log')
      expect(before?.n).toBeGreaterThan(0)
      expect(before?.n).toBeLessThan(taskCount)
      const again = apply(database)
      let complaint = ''
      again.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
      const [code] = (await once(again, 'close')) as [number | null]
      expect(code, complaint).toBe(0)
      const updates = 'select count(*)::int as updates, count(distinct task)::int as tasks from update_log'
      expect(await query(database.adminUrl, updates)).toEqual([{ updates: taskCount, tasks: taskCount }])
      const wrong = `select count(*)::int as wrong from tasks t join projects p on p.id = t.project_id where t.org_id is distinct from p.team_id`
      expect(await query(database.adminUrl, wrong)).toEqual([{ wrong: 0 }])
    },
    300_000,
  )
})
