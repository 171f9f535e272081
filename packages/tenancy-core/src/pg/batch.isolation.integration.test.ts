import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'

const everyRow = 'select org_id, name from repositories order by name'
const insert = 'insert into repositories (name) values ($1) returning org_id, name'

let database: TenantDatabase
let tenancy: Tenancy
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(40)
  tenancy = database.open({ pool: { max: 2 } })
  ;[first, second] = database.organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

async function countOf(organizationId: string, name: string): Promise<number> {
  const { rows } = await tenancy.run({ organizationId }, () =>
    tenancy.pool.query('select count(*)::int from repositories where name = $1', [name]),
  )
  return rows[0].count
}

describe('pool.batch', () => {
  it('answers with the results in order, each of the organization in scope', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      const results = await tenancy.run({ organizationId: first }, () =>
        tenancy.pool.batch([
          { text: everyRow },
          { text: 'select $1::int as n', values: [7] },
          { text: 'select name from repositories where name = $1', values: ['repository 2'], rowMode: 'array' },
          { text: '' },
          { text: 'select $1::int as n', values: [8] },
        ]),
      )
      expect(results.map(({ rows }) => rows)).toMatchObject([
        Array.from({ length: 5 }, () => ({ org_id: first })),
        [{ n: 7 }],
        [['repository 2']],
        [],
        [{ n: 8 }],
      ])
    }
    expect(await tenancy.run({ organizationId: first }, () => tenancy.pool.batch([]))).toEqual([])
  })

  it('is one transaction in one round trip', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const [left, right] = await narrow.run({ organizationId: first }, () =>
      narrow.pool.batch([{ text: 'select txid_current() as id' }, { text: 'select txid_current() as id' }]),
    )
    expect(left?.rows).toEqual(right?.rows)
  })

  it('keeps nothing when one statement fails, says which, and keeps the connection', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const pid = async (): Promise<number> => (await narrow.pool.query('select pg_backend_pid() as pid')).rows[0].pid
    await narrow.run({ organizationId: first }, async () => {
      const before = await pid()
      const failing = (): Promise<unknown> =>
        narrow.pool.batch([
          { text: insert, values: ['half'] },
          { text: 'select 1 / $1::int', values: [0] },
          { text: 'select $1::text', values: ['never run'] },
        ])
      for (let turn = 0; turn < 3; turn += 1) {
        await expect(failing()).rejects.toMatchObject({
          code: 'BATCH_FAILED',
          details: { index: 1, sqlState: '22012' },
          cause: { code: '22012' },
        })
      }
      const [, found] = await narrow.pool.batch([
        { text: 'select $1::text', values: ['never run'] },
        { text: 'select 1 / $1::int as n', values: [1] },
      ])
      expect(found?.rows).toEqual([{ n: 1 }])
      expect(await pid()).toBe(before)
    })
    expect(await countOf(first, 'half')).toBe(0)
  })

  it('keeps nothing when the commit fails', async () => {
    await database.admin(`
      create table deferred (org_id uuid default partywall.current_tenant_id(), n int unique deferrable initially deferred);
      grant select, insert on deferred to ${database.appRole}`)
    const values = [1]
    const statement = { text: 'insert into deferred (n) values ($1)', values }
    const batch = tenancy.run({ organizationId: first }, () => tenancy.pool.batch([statement, statement]))
    await expect(batch).rejects.toMatchObject({ code: 'BATCH_FAILED', details: { sqlState: '23505' } })
    expect((await database.admin('select * from deferred')).rows).toEqual([])
  })

  it('sends nothing of a batch with a value that cannot be sent', async () => {
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const batch = tenancy.run({ organizationId: first }, () =>
      tenancy.pool.batch([
        { text: insert, values: ['unsendable'] },
        { text: 'select $1::jsonb', values: [circular] },
      ]),
    )
    await expect(batch).rejects.toMatchObject({ code: 'BATCH_FAILED', details: { index: 1 } })
    expect(await countOf(first, 'unsendable')).toBe(0)
  })

  it('runs again, whole, where a prepared statement went out of date', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    await database.admin(`create table shape (a int); insert into shape values (1); grant select on shape to public`)
    const read = { text: 'select * from shape where a > $1', values: [0] }
    const write = { text: insert, values: ['again'] }
    await narrow.run({ organizationId: first }, async () => {
      for (let turn = 0; turn < 3; turn += 1) await narrow.pool.batch([read, read])
      await database.admin('alter table shape add b int')
      const [, found] = await narrow.pool.batch([write, read])
      expect(found?.rows).toEqual([{ a: 1, b: null }])
    })
    expect(await countOf(first, 'again')).toBe(1)
  })

  it.each(['begin', 'COMMIT', 'rollback', 'savepoint a', 'call p()', 'do $$ begin commit; end $$'])(
    'refuses %s and sends nothing',
    async (text) => {
      const batch = tenancy.run({ organizationId: first }, () =>
        tenancy.pool.batch([{ text: insert, values: ['refused'] }, { text }]),
      )
      await expect(batch).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
      expect(await countOf(first, 'refused')).toBe(0)
    },
  )

  it('refuses without a tenant, and what would change it', async () => {
    await expect(tenancy.pool.batch([{ text: everyRow }])).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    const changing = tenancy.run({ organizationId: first }, () =>
      tenancy.pool.batch([
        { text: `select set_config('app.current_tenant_id', '${second}', true)` },
        { text: everyRow },
      ]),
    )
    await expect(changing).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
    const none = tenancy.bootstrap(() => tenancy.pool.batch([{ text: 'select 1' }, { text: everyRow }]))
    await expect(none).rejects.toMatchObject({ code: 'BATCH_FAILED', details: { index: 1, sqlState: '42501' } })
  })

  it('never crosses, with failing batches among 40 organizations on 2 connections', async () => {
    const crossings: unknown[] = []
    let answered = 0
    const caller = async (seed: number): Promise<void> => {
      for (let turn = 0; turn < 20; turn += 1) {
        const organizationId = database.organizations[(seed * 7 + turn) % 40] as string
        const last = turn % 3 === 0 ? { text: 'select 1 / 0' } : { text: everyRow }
        const results = await tenancy
          .run({ organizationId }, () =>
            tenancy.pool.batch([
              { text: 'select org_id from repositories where name = $1', values: ['repository 3'] },
              last,
            ]),
          )
          .catch((error: unknown) => (error as { code: string }).code)
        if (typeof results === 'string') {
          expect(results).toBe('BATCH_FAILED')
          continue
        }
        const rows = results.flatMap((result) => result.rows as { org_id: string }[])
        answered += rows.length
        crossings.push(...rows.filter((row) => row.org_id !== organizationId))
      }
    }
    await Promise.all(Array.from({ length: 32 }, (_, seed) => caller(seed)))
    expect(crossings).toEqual([])
    expect(answered).toBeGreaterThan(32 * 13 * 5)
  })

  it('works for the operator, as one transaction', async () => {
    const request = { reason: 'report', actor: { type: 'system', id: 'test' } } as const
    const [counted, login] = await tenancy.operator(request, (pool) =>
      pool.batch([{ text: 'select count(*)::int from repositories' }, { text: 'select session_user::text as login' }]),
    )
    expect(counted?.rows[0].count).toBeGreaterThanOrEqual(200)
    expect(login?.rows[0].login).toBe(new URL(database.operatorUrl).username)
    const failing = tenancy.operator(request, (pool) =>
      pool.batch([
        { text: `insert into repositories (org_id, name) values ($1, 'by operator')`, values: [first] },
        { text: 'select 1 / 0' },
      ]),
    )
    await expect(failing).rejects.toMatchObject({ code: 'BATCH_FAILED', details: { index: 1 } })
    expect(await countOf(first, 'by operator')).toBe(0)
  })
})
