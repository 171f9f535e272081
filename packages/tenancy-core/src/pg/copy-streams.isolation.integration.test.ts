import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import type { PoolClient } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'

const everyRow = 'select org_id, name from repositories order by name'
const pid = 'select pg_backend_pid() as pid'

let database: TenantDatabase
let tenancy: Tenancy
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(20)
  tenancy = database.open({ pool: { max: 2 } })
  ;[first, second] = database.organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

/** What COPY TO STDOUT sends, on a client that has sent `before`. */
async function copied(organizationId: string, text: string, before = 'begin'): Promise<string[]> {
  return await tenancy.run({ organizationId }, async () => {
    const client = await tenancy.pool.connect()
    try {
      await client.query(before)
      const lines: Buffer[] = []
      for await (const chunk of client.query(copyTo(text))) lines.push(chunk as Buffer)
      await client.query('commit')
      return Buffer.concat(lines).toString().split('\n').filter(Boolean)
    } finally {
      await client.query('rollback').catch(() => {})
      client.release()
    }
  })
}

describe('COPY TO STDOUT of pg-copy-streams', () => {
  it.each(['copy repositories (org_id) to stdout', 'copy (select org_id from repositories) to stdout'])(
    'sends the rows of the tenant and no others: %s',
    async (text) => {
      const answers = await Promise.all(database.organizations.map((organizationId) => copied(organizationId, text)))
      const expected = database.organizations.map((organizationId) => Array.from({ length: 5 }, () => organizationId))
      expect(answers).toEqual(expected)
    },
  )

  it('is refused outside a transaction, and when it would leave the scope', async () => {
    const text = 'copy repositories to stdout'
    await expect(copied(first, text, 'select 1')).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' })
    await expect(copied(first, `commit; ${text}`)).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' })
  })

  it('leaves a connection that works after it failed', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const pids = await Promise.all(
      [first, second].map((organizationId) =>
        narrow.run({ organizationId }, async () => {
          const client = await narrow.pool.connect()
          await client.query('begin')
          const failing = pipeline(client.query(copyTo('copy (select 1 / 0) to stdout')), new PassThrough().resume())
          await expect(failing).rejects.toMatchObject({ code: '22012' })
          await client.query('rollback')
          expect((await client.query(everyRow)).rows).toHaveLength(5)
          const { rows } = await client.query(pid)
          client.release()
          return rows[0].pid as number
        }),
      ),
    )
    expect(new Set(pids).size).toBe(1)
  })
})

describe('COPY FROM STDIN', () => {
  it('is refused by row level security', async () => {
    await tenancy.run({ organizationId: first }, async () => {
      const client: PoolClient = await tenancy.pool.connect()
      await client.query('begin')
      const upload = client.query(copyFrom('copy repositories (name) from stdin'))
      await expect(pipeline([Buffer.from('x\n')], upload)).rejects.toMatchObject({ code: '0A000' })
      await client.query('rollback')
      client.release()
    })
  })
})

describe('statements that fail', () => {
  it('do not cost the connection, whatever way they fail', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const failing: [string, unknown[]?][] = [
      ['select 1 / 0'],
      ['select $1::int', ['x']],
      ['select $1::jsonb', [circular]],
      ['nonsense'],
      ['select * from missing'],
      [`insert into repositories (org_id, name) values ($1, 'x')`, [second]],
      ['copy repositories (name) from stdin'],
      ['vacuum'],
      ['lock table repositories'],
      [`do $$ begin perform pg_sleep(0); raise exception 'no'; end $$`],
    ]
    await narrow.run({ organizationId: first, timeoutMs: 100 }, async () => {
      const before = (await narrow.pool.query(pid)).rows
      for (const [text, values] of [...failing, ['select pg_sleep(5)'] as [string]]) {
        await expect(narrow.pool.query(text, values)).rejects.toThrow()
        expect((await narrow.pool.query(everyRow)).rows).toHaveLength(5)
        expect([text, (await narrow.pool.query(pid)).rows]).toEqual([text, before])
      }
    })
  })
})
