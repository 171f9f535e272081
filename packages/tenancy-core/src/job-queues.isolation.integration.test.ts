import { setTimeout } from 'node:timers/promises'
import { Logger, runMigrations, runOnce } from 'graphile-worker'
import type { TaskList } from 'graphile-worker'
import { Pool } from 'pg'
import { PgBoss } from 'pg-boss'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from './tenant-database.fixture.ts'
import type { TenantDatabase } from './tenant-database.fixture.ts'
import type { Tenancy } from './tenancy.ts'

const everyRow = 'select org_id from repositories'

const logger = new Logger(() => () => {})

interface ImportJob {
  readonly context?: unknown
}

let database: TenantDatabase
let tenancy: Tenancy
/** The queue has a login and tables of its own: it is no data of a tenant. */
let queue: Pool

beforeAll(async () => {
  database = await createTenantDatabase(10)
  tenancy = database.open()
  queue = new Pool({ connectionString: database.adminUrl, max: 4 })
  queue.on('error', () => {})
  queue.on('connect', (client) => client.on('error', () => {}))
})

afterAll(async () => {
  await queue.end()
  await database[Symbol.asyncDispose]()
})

/** What a job does: it reads in the scope that it was sent from, and says whose rows it saw. */
async function importInScope({ context }: ImportJob, seen: string[]): Promise<void> {
  await tenancy.restoreContext(context, async () => {
    const { organizationId } = tenancy.requireTenant()
    const { rows } = await tenancy.pool.query(everyRow)
    seen.push(`${organizationId} ${[...new Set(rows.map((row) => row.org_id))].join()}`)
  })
}

const expected = (): string[] => database.organizations.map((id) => `${id} ${id}`).toSorted()

describe('a worker of pg-boss', () => {
  it('runs each job in the scope that it was sent from, and fails one without', async () => {
    const boss = new PgBoss({
      db: { executeSql: (text, values) => queue.query(text, values) },
      supervise: false,
      schedule: false,
    })
    boss.on('error', () => {})
    await boss.start()
    await boss.createQueue('import')
    for (const organizationId of database.organizations) {
      await tenancy.run({ organizationId }, () => boss.send('import', { context: tenancy.captureContext() }))
    }
    const forged = await boss.send('import', { organizationId: database.organizations[0] }, { retryLimit: 0 })
    const seen: string[] = []
    await boss.work<ImportJob>('import', { pollingIntervalSeconds: 0.5 }, async ([job]) => {
      if (job !== undefined) await importInScope(job.data, seen)
    })
    const state = `select state::text, output::text from pgboss.job where id = $1`
    const outcome = async (): Promise<{ state: string; output: string }> => (await queue.query(state, [forged])).rows[0]
    while (seen.length < 10 || (await outcome()).state !== 'failed') await setTimeout(50)
    await boss.stop({ graceful: true })
    expect(seen.toSorted()).toEqual(expected())
    expect((await outcome()).output).toContain('CONTEXT_INVALID')
  })
})

describe('a task of graphile-worker', () => {
  it('runs each job in the scope that it was added from, and fails one without', async () => {
    await runMigrations({ pgPool: queue, logger })
    const add = (payload: object): Promise<unknown> =>
      queue.query(`select graphile_worker.add_job('import', $1::json, max_attempts => 1)`, [JSON.stringify(payload)])
    for (const organizationId of database.organizations) {
      await tenancy.run({ organizationId }, () => add({ context: tenancy.captureContext() }))
    }
    await add({ context: { organizationId: database.organizations[0] } })
    const seen: string[] = []
    const taskList: TaskList = { import: (payload) => importInScope(payload as ImportJob, seen) }
    await runOnce({ pgPool: queue, taskList, noHandleSignals: true, logger })
    expect(seen.toSorted()).toEqual(expected())
    const failures = async (): Promise<{ last_error: string }[]> =>
      (await queue.query('select last_error from graphile_worker.jobs where last_error is not null')).rows
    while ((await failures()).length === 0) await setTimeout(50)
    expect(await failures()).toMatchObject([{ last_error: expect.stringContaining('no captured context') }])
  })
})
