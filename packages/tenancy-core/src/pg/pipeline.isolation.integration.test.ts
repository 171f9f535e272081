import { setTimeout } from 'node:timers/promises'
import type { QueryConfig } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import { createTenancy } from '../tenancy.ts'
import type { Tenancy } from '../tenancy.ts'

const everyRow = 'select org_id, name from repositories order by name'
const pid = 'select pg_backend_pid() as pid'

let database: TenantDatabase
let tenancy: Tenancy
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(40)
  tenancy = database.open({ pool: { max: 2 }, pipeline: { connections: 2 } })
  ;[first, second] = database.organizations as [string, string]
  await database.admin(`
    create table loose (a int);
    grant insert on loose to public;
    create function poison() returns text language sql as $$ select set_config('app.current_tenant_id', '${first}', false) $$`)
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

async function pidOf(organizationId: string, given: Tenancy = tenancy): Promise<number> {
  return (await given.run({ organizationId }, () => given.pool.query(pid))).rows[0].pid
}

describe('a pipeline', () => {
  it('never crosses, with failing statements among 40 organizations on 2 connections', async () => {
    const crossings: unknown[] = []
    const outcomes = { rows: 0, refused: 0, failed: 0 }
    const pids = new Set<number>()
    const caller = async (seed: number): Promise<void> => {
      for (let turn = 0; turn < 60; turn += 1) {
        const organizationId = database.organizations[(seed * 7 + turn) % 40] as string
        const other = database.organizations[(seed * 7 + turn + 1) % 40] as string
        await tenancy.run({ organizationId, ...(turn % 5 === 0 ? { timeoutMs: 5000 } : {}) }, async () => {
          const values = [`repository ${(turn % 5) + 1}`]
          const mine = tenancy.pool.query(
            'select org_id, pg_backend_pid() as pid from repositories where name = $1',
            values,
          )
          const foreign = tenancy.pool.query('insert into repositories (org_id, name) values ($1, $2)', [other, 'x'])
          const failing = tenancy.pool.query(
            turn % 2 === 0 ? 'select 1 / 0' : 'nonsense of $1',
            turn % 2 === 0 ? [] : [1],
          )
          const codes = await Promise.all(
            [foreign, failing].map((query) => query.then(() => 'none').catch((error: unknown) => codeOf(error))),
          )
          outcomes.refused += codes[0] === '42501' ? 1 : 0
          outcomes.failed +=
            codes[1] === '22012' || codes[1] === '42601' || codes[1] === 'STATEMENT_UNSUPPORTED' ? 1 : 0
          const { rows } = await mine
          outcomes.rows += rows.length
          pids.add(rows[0]?.pid)
          if (rows.length !== 1 || rows[0].org_id !== organizationId) crossings.push({ organizationId, rows })
        })
      }
    }
    await Promise.all(Array.from({ length: 48 }, (_, seed) => caller(seed)))
    expect(crossings).toEqual([])
    expect(outcomes.rows).toBe(48 * 60)
    expect(outcomes.refused).toBe(48 * 60)
    expect(pids.size).toBe(2)
  })

  it('keeps an error in its unit, between units that write', async () => {
    const narrow = database.open({ pipeline: { connections: 1 } })
    const insert = 'insert into repositories (name) values ($1) returning org_id'
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, turn) => {
        const organizationId = database.organizations[turn % 40] as string
        const query = (): Promise<unknown> =>
          turn % 3 === 0 ? narrow.pool.query('select 1 / $1::int', [0]) : narrow.pool.query(insert, [`piped ${turn}`])
        return narrow.run({ organizationId }, query)
      }),
    )
    const written = outcomes.flatMap((outcome, turn) => (outcome.status === 'fulfilled' ? [turn] : []))
    expect(written).toEqual(Array.from({ length: 60 }, (_, turn) => turn).filter((turn) => turn % 3 !== 0))
    const { rows } = await database.admin(`delete from repositories where name like 'piped %' returning org_id, name`)
    const expected = written.map((turn) => `${database.organizations[turn % 40]} piped ${turn}`)
    expect(rows.map((row) => `${row.org_id} ${row.name}`).toSorted()).toEqual(expected.toSorted())
  })

  it('runs what is behind a poisoned session elsewhere, once', async () => {
    const narrow = database.open({ pool: { max: 2 }, pipeline: { connections: 1 } })
    const insert = 'insert into repositories (name) values ($1) returning org_id'
    for (let round = 0; round < 3; round += 1) {
      await pidOf(first, narrow)
      const poison = narrow.run({ organizationId: first }, () => narrow.pool.query('select poison()'))
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, turn) => {
          const organizationId = database.organizations[turn] as string
          return narrow.run({ organizationId }, () => narrow.pool.query(insert, [`after ${round}`]))
        }),
      )
      await poison
      expect(answers.map(({ rows }) => rows[0].org_id)).toEqual(database.organizations.slice(0, 20))
    }
    const { rows } = await database.admin(`delete from repositories where name like 'after %' returning 1`)
    expect(rows).toHaveLength(60)
  })

  it('opens another connection when the server closes one', async () => {
    const narrow = database.open({ pipeline: { connections: 1 } })
    const before = await pidOf(first, narrow)
    const ended = narrow.run({ organizationId: first }, () =>
      narrow.pool.query('select pg_terminate_backend(pg_backend_pid())'),
    )
    const behind = narrow.run({ organizationId: second }, () => narrow.pool.query(everyRow))
    await Promise.all([
      expect(ended).rejects.toMatchObject({ code: '57P01' }),
      expect(behind).rejects.toThrow(/terminated|ECONNRESET/),
    ])
    expect(await pidOf(second, narrow)).not.toBe(before)
    const unreachable = database.open({
      pool: { connectionString: 'postgres://x@127.0.0.1:1/x' },
      pipeline: { connections: 1 },
    })
    const query = unreachable.run({ organizationId: first }, () => unreachable.pool.query('select 1'))
    await expect(query).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('prepares anew what went out of date, for every unit that was under way', async () => {
    const narrow = database.open({ pipeline: { connections: 1 } })
    await database.admin('create table piped (a int); insert into piped values (1); grant select on piped to public')
    const read = (organizationId: string): Promise<{ rows: unknown[] }> =>
      narrow.run({ organizationId }, () => narrow.pool.query('select * from piped where a > $1', [0]))
    for (let turn = 0; turn < 3; turn += 1) await read(first)
    for (const column of ['b', 'c', 'd']) {
      await database.admin(`alter table piped add ${column} int`)
      const answers = await Promise.all(database.organizations.map(read))
      expect(answers.map(({ rows }) => Object.keys(rows[0] as object).at(-1))).toEqual(answers.map(() => column))
    }
  })

  it('leaves to the pool what may not share a connection', async () => {
    const narrow = database.open({ pool: { max: 1 }, pipeline: { connections: 1 } })
    const piped = await pidOf(first, narrow)
    const { signal } = new AbortController()
    const withTimeout: QueryConfig & { query_timeout: number } = { text: pid, query_timeout: 500 }
    const alone = [
      await narrow.run({ organizationId: first, signal }, () => narrow.pool.query(pid)),
      await narrow.run({ organizationId: first }, () => narrow.pool.query({ text: pid, name: 'mine' })),
      await narrow.run({ organizationId: first }, () => narrow.pool.query(withTimeout)),
      ...(await narrow.run({ organizationId: first }, () => narrow.pool.batch([{ text: pid }]))),
      await narrow.run({ organizationId: first }, async () => {
        const client = await narrow.pool.connect()
        const result = await client.query(pid)
        client.release()
        return result
      }),
    ]
    for (const { rows } of alone) expect(rows[0].pid).not.toBe(piped)
    // It would take the messages of the units behind it for data, and their answers would go astray.
    const upload = expect(
      narrow.run({ organizationId: first }, () => narrow.pool.query('/* x */ copy loose from stdin')),
    ).rejects.toMatchObject({ code: '57014' })
    const [behind] = await Promise.all([Promise.all([pidOf(second, narrow), pidOf(second, narrow)]), upload])
    expect(behind).toEqual([piped, piped])
  })

  it('refuses without a tenant, ends with its time-outs, and waits for answers when it is closed', async () => {
    const narrow = database.open({ pipeline: { connections: 1, depth: 2 }, queueTimeoutMs: 100 })
    await expect(narrow.pool.query(everyRow)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    await expect(narrow.bootstrap(() => narrow.pool.query(everyRow))).rejects.toMatchObject({ code: '42501' })
    const sleep = (seconds: number): Promise<unknown> =>
      narrow.run({ organizationId: first, timeoutMs: 300 }, () => narrow.pool.query('select pg_sleep($1)', [seconds]))
    const slow = [expect(sleep(5)).rejects.toMatchObject({ code: '57014' }), sleep(0.01)]
    const late = expect(sleep(0)).rejects.toMatchObject({ code: 'POOL_QUEUE_TIMEOUT' })
    expect(narrow.pool.statistics().waiting).toBe(1)
    await Promise.all([...slow, late])
    const last = sleep(0.1)
    await setTimeout(20)
    await narrow.close()
    await expect(last).resolves.toMatchObject({ rowCount: 1 })
    await expect(sleep(0)).rejects.toMatchObject({ code: 'POOL_CLOSED' })
  })

  it.each([{ connections: 0 }, { connections: 1, depth: 0 }, {}, { connections: 1, other: 1 }])(
    'refuses the options %j',
    (pipeline) => {
      const create = (): unknown => createTenancy({ pool: {}, pipeline } as never)
      expect(create).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
    },
  )

  it('refuses a time-out of the driver beside it', () => {
    const create = (): unknown => createTenancy({ pool: { query_timeout: 10 }, pipeline: { connections: 1 } })
    expect(create).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
  })
})

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error)
}
