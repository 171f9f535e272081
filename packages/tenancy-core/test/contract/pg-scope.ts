import type {
  OpenScope,
  Queries,
  RepositoryRow,
  RepositoryWithTests,
  ScopeUnderTest,
  TestRow,
} from '@partywall/testing/contract'
import Cursor from 'pg-cursor'
import type { Tenancy } from '../../src/index.ts'
import { contractTenancy } from './contract-tenancy.ts'

/** Sends one statement. Rows are what the caller says they are, as in `pg`. */
type Run = (sql: string, values?: unknown[]) => Promise<{ rows: object[]; rowCount: number | null }>

/** Plain `pg` on the tenant pool. */
export const openPgScope: OpenScope = async (options) => pgScope(contractTenancy(options))

/** Plain `pg`, whose single statements share one connection with those of every other tenant. */
export const openPipelinedPgScope: OpenScope = async (options) =>
  pgScope(contractTenancy(options, { pipeline: { connections: 1 } }))

/** The scope of a tenancy, in the words of `pg`. */
export function pgScope(tenancy: Tenancy): ScopeUnderTest {
  const { pool } = tenancy
  return {
    ...pgQueries(async (sql, values) => await pool.query(sql, values)),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    transaction: async (work) => {
      const client = await pool.connect()
      try {
        await client.query('begin')
        const result = await work(pgQueries(async (sql, values) => await client.query(sql, values)))
        await client.query('commit')
        return result
      } catch (error) {
        await client.query('rollback').catch(() => {})
        throw error
      } finally {
        client.release()
      }
    },
    session: async (work) => {
      const client = await pool.connect()
      try {
        return await work(async (sql) => (await client.query(sql)).rows)
      } finally {
        client.release()
      }
    },
    stream: async (sql) => {
      const client = await pool.connect()
      await client.query('begin')
      const cursor = client.query(new Cursor(sql))
      const rows = await cursor.read(100)
      await cursor.close()
      await client.query('commit')
      client.release()
      return rows
    },
    batchList: async () => {
      const list = { text: `select ${columns} from repositories` }
      const results = await pool.batch([list, list])
      return results.map(({ rows }) => rows as RepositoryRow[])
    },
    close: () => tenancy.close(),
  }
}

const columns = 'id, org_id as "organizationId", name'

/** Repositories with their tests: an array of objects in a column. */
const withTestsSql = `
  select ${columns}, (
    select coalesce(json_agg(json_build_object('id', t.id, 'organizationId', t.org_id)), '[]')
    from tests t where t.repository_id = r.id
  ) as tests
  from repositories r`

/** Name, titles. */
const insertWithTestsSql = `
  with made as (insert into repositories (name) values ($1) returning id)
  insert into tests (repository_id, title) select made.id, title from made, unnest($2::text[]) title`

/** The port's queries in SQL with parameters, on anything that runs them. */
export function pgQueries(run: Run): Queries {
  const repositories = async (sql: string, values: unknown[]): Promise<RepositoryRow[]> =>
    (await run(sql, values)).rows as RepositoryRow[]
  return {
    query: async (sql) => (await run(sql)).rows as Record<string, unknown>[],
    find: async (id) => (await repositories(`select ${columns} from repositories where id = $1`, [id]))[0],
    findTest: async (id) => {
      const sql = 'select id, org_id as "organizationId" from tests where id = $1'
      return ((await run(sql, [id])).rows as TestRow[])[0]
    },
    list: async () => await repositories(`select ${columns} from repositories`, []),
    listWithTests: async () => (await run(withTestsSql)).rows as RepositoryWithTests[],
    insert: async ({ name, organizationId }) => {
      const [into, values] = organizationId ? ['(name, org_id)', '($1, $2)'] : ['(name)', '($1)']
      const sql = `insert into repositories ${into} values ${values} returning ${columns}`
      return (await repositories(sql, organizationId ? [name, organizationId] : [name]))[0] as RepositoryRow
    },
    insertMany: async (rows) => {
      const sql = `
        insert into repositories (name, org_id)
        select name, coalesce(org_id, partywall.current_tenant_id()) from unnest($1::text[], $2::uuid[]) given(name, org_id)`
      const organizationIds = rows.map(({ organizationId }) => organizationId ?? null)
      return (await run(sql, [rows.map(({ name }) => name), organizationIds])).rowCount ?? 0
    },
    insertWithTests: async ({ name, titles }) => {
      await run(insertWithTestsSql, [name, titles])
    },
    insertTest: async ({ repositoryId, title }) => {
      await run('insert into tests (repository_id, title) values ($1, $2)', [repositoryId, title])
    },
    upsert: async ({ name, organizationId }) => {
      await run(
        'insert into repositories (name, org_id) values ($1, $2) on conflict (org_id, name) do update set name = excluded.name',
        [name, organizationId],
      )
    },
    update: async (id, { name, organizationId }) => {
      const sql = 'update repositories set name = coalesce($2, name), org_id = coalesce($3::uuid, org_id) where id = $1'
      return (await run(sql, [id, name, organizationId])).rowCount ?? 0
    },
    remove: async (id) => (await run('delete from repositories where id = $1', [id])).rowCount ?? 0,
  }
}
