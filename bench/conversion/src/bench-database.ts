import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { loadDump } from '@partywall/rls-migrations'
import { startPostgres, type PostgresServer, type TestDatabase } from '@partywall/testing'
import { Client, escapeIdentifier } from 'pg'
import type { Subjects } from './workload.ts'

const flakeguard = join(import.meta.dirname, '../../../examples/flakeguard')

/** FlakeGuard on a server of its own, as a single-tenant service has it. */
export interface BenchDatabase extends AsyncDisposable {
  readonly server: PostgresServer
  readonly adminUrl: string
  readonly ownerUrl: string
  readonly subjects: Subjects
  readonly testResults: number
}

/** Starts a server and fills it: every table with made-up data, then test results until there are as many as asked for. */
export async function createBenchDatabase(testResults: number): Promise<BenchDatabase> {
  const server = await startPostgres({
    source: 'embedded',
    settings: { shared_buffers: '512MB', max_wal_size: '4GB', maintenance_work_mem: '256MB' },
  })
  try {
    const database = await createOwned(server)
    const { ownerUrl, adminUrl } = database
    await loadDump({ path: join(flakeguard, 'database/schema.sql') }, { ownerUrl, adminUrl })
    const scale = String(Math.min(1, testResults / 50_000))
    await promisify(execFile)(process.execPath, [
      '--conditions=partywall-source',
      join(flakeguard, 'scripts/seed.ts'),
      '--scale',
      scale,
      '--database-url',
      ownerUrl,
    ])
    return { ...database, server, ...(await fill(adminUrl, testResults)), [Symbol.asyncDispose]: () => server.stop() }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function createOwned(server: PostgresServer): Promise<{ adminUrl: string; ownerUrl: string }> {
  const password = 'bench'
  await withClient(server.url(), (client) =>
    client.query(`create role bench_owner login createrole password '${password}'`),
  )
  const database: TestDatabase = await server.createDatabase({ owner: 'bench_owner' })
  return { adminUrl: database.url(), ownerUrl: database.url({ user: 'bench_owner', password }) }
}

async function fill(url: string, wanted: number): Promise<{ subjects: Subjects; testResults: number }> {
  return await withClient(url, async (client) => {
    const count = async (): Promise<number> =>
      (await client.query<{ n: number }>('select count(*)::int as n from "TestResult"')).rows[0]?.n ?? 0
    const seeded = await count()
    // The rows are copies of rows whose references hold: to check each once more would double the time.
    await client.query('set session_replication_role = replica')
    // Every seeded result once more for each further attempt, so that the new rows hang on the same cases and jobs.
    for (let attempts = 1; seeded * (attempts + 1) <= wanted; attempts += 1) {
      await client.query(
        `insert into "TestResult" ("id", "testCaseId", "workflowJobId", "attempt", "status", "durationMs", "failureMessage", "startedAt")
         select gen_random_uuid()::text, "testCaseId", "workflowJobId", "attempt" + $1, "status", "durationMs", "failureMessage", "startedAt"
         from "TestResult" where "attempt" < 1000`,
        [attempts * 1000],
      )
    }
    await client.query('vacuum analyze')
    const ids = async (table: string): Promise<string[]> =>
      (
        await client.query<{ id: string }>(`select "id" from ${escapeIdentifier(table)} order by "id" limit 2000`)
      ).rows.map(({ id }) => id)
    const subjects = {
      repositories: await ids('Repository'),
      testCases: await ids('TestCase'),
      workflowJobs: await ids('WorkflowJob'),
      tasks: await ids('Task'),
    }
    return { subjects, testResults: await count() }
  })
}

async function withClient<Result>(
  connectionString: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
