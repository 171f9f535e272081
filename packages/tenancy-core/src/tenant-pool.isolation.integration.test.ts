import { promisify } from 'node:util'
import * as pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from './tenant-database.fixture.ts'
import type { TenantDatabase } from './tenant-database.fixture.ts'
import type { Tenancy } from './tenancy.ts'

const everyRow = 'select org_id, name from repositories order by name'

let database: TenantDatabase
let tenancy: Tenancy
let first: string
let second: string

beforeAll(async () => {
  database = await createTenantDatabase(40)
  tenancy = database.open()
  ;[first, second] = database.organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

function organizationsOf(rows: readonly Record<string, unknown>[]): unknown[] {
  return [...new Set(rows.map((row) => row['org_id']))]
}

async function backendPid(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query('select pg_backend_pid() as pid')
  return rows[0].pid
}

describe('a single statement', () => {
  it('sees the rows of the organization in scope and no others', async () => {
    for (const organizationId of [first, second]) {
      const { rows } = await tenancy.run({ organizationId }, () => tenancy.pool.query(everyRow))
      expect(rows).toHaveLength(5)
      expect(organizationsOf(rows)).toEqual([organizationId])
    }
  })

  it('never crosses, with 64 concurrent callers of 40 organizations on 4 connections', async () => {
    const crossings: unknown[] = []
    let answered = 0
    const caller = async (seed: number): Promise<void> => {
      for (let turn = 0; turn < 40; turn += 1) {
        const organizationId = database.organizations[(seed * 7 + turn) % 40] as string
        await tenancy.run({ organizationId }, async () => {
          const values = [`repository ${(turn % 5) + 1}`]
          const { rows } = await tenancy.pool.query('select org_id from repositories where name = $1', values)
          answered += rows.length
          if (rows.length !== 1 || rows[0].org_id !== organizationId) crossings.push({ organizationId, rows })
        })
      }
    }
    await Promise.all(Array.from({ length: 64 }, (_, seed) => caller(seed)))
    expect(crossings).toEqual([])
    expect(answered).toBe(64 * 40)
  })

  it('keeps the tenant of its caller when the pool dispatches it from the scope of another', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const asked = Array.from({ length: 200 }, (_, turn) => [first, second][turn % 2] as string)
    const answers = await Promise.all(
      asked.map((organizationId) => narrow.run({ organizationId }, () => narrow.pool.query(everyRow))),
    )
    expect(answers.map(({ rows }) => organizationsOf(rows))).toEqual(asked.map((organizationId) => [organizationId]))
  })

  it('writes rows of the organization in scope, and is refused those of another', async () => {
    await tenancy.run({ organizationId: first }, async () => {
      const { rows } = await tenancy.pool.query(`insert into repositories (name) values ('written') returning org_id`)
      expect(rows).toEqual([{ org_id: first }])
      const foreign = tenancy.pool.query(`insert into repositories (org_id, name) values ($1, 'x')`, [second])
      await expect(foreign).rejects.toMatchObject({ code: '42501' })
      const { rowCount } = await tenancy.pool.query('delete from repositories where org_id = $1', [second])
      expect(rowCount).toBe(0)
      await tenancy.pool.query(`delete from repositories where name = 'written'`)
    })
  })

  it('leaves no tenant on the connection', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    await narrow.run({ organizationId: first }, () => narrow.pool.query(everyRow))
    const { rows } = await narrow.bootstrap(() =>
      narrow.pool.query(`select current_setting('app.current_tenant_id', true) as tenant`),
    )
    expect(rows).toEqual([{ tenant: '' }])
    await expect(narrow.bootstrap(() => narrow.pool.query(everyRow))).rejects.toMatchObject({ code: '42501' })
  })

  it('keeps its tenant and its connection after a statement that fails', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const pid = 'select pg_backend_pid() as pid'
    const before = await narrow.run({ organizationId: first }, () => narrow.pool.query(pid))
    const failed = narrow.run({ organizationId: first }, () => narrow.pool.query('select 1 / 0 from repositories'))
    await expect(failed).rejects.toMatchObject({ code: '22012' })
    const after = await narrow.run({ organizationId: second }, () => narrow.pool.query(everyRow))
    expect(organizationsOf(after.rows)).toEqual([second])
    const still = await narrow.run({ organizationId: second }, () => narrow.pool.query(pid))
    expect(still.rows).toEqual(before.rows)
  })
})

describe('a statement in callback form', () => {
  it('runs for the caller and calls back in the scope of the caller', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    await narrow.run({ organizationId: second }, () => narrow.pool.query('select 1'))
    const outcome = await narrow.run(
      { organizationId: first },
      () =>
        new Promise<unknown[]>((resolve) => {
          narrow.pool.query(everyRow, (_error: Error | undefined, result: pg.QueryResult) => {
            narrow.pool.query(everyRow, [], (_nested: Error | undefined, nested: pg.QueryResult) => {
              resolve([organizationsOf(result.rows), organizationsOf(nested.rows), narrow.currentTenant()])
            })
          })
        }),
    )
    expect(outcome).toMatchObject([[first], [first], { organizationId: first }])
  })

  it('hands a client to a callback in the scope of the caller', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const held = await narrow.run({ organizationId: second }, () => narrow.pool.connect())
    const waiting = new Promise<unknown[]>((resolve, reject) => {
      narrow.run({ organizationId: first }, () => {
        narrow.pool.connect((error, client, done) => {
          if (error || !client) return reject(error ?? new Error('no client'))
          const inCallback = narrow.currentTenant()?.organizationId
          client.query(everyRow, (failure: Error, result: pg.QueryResult) => {
            done()
            if (failure) reject(failure)
            else resolve([inCallback, narrow.currentTenant()?.organizationId, organizationsOf(result.rows)])
          })
        })
      })
    })
    narrow.run({ organizationId: second }, () => held.release())
    expect(await waiting).toEqual([first, first, [first]])
  })

  it('finds no tenant, rather than another one, where a library calls from the socket', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const seen: unknown[] = []
    narrow.pool.on('connect', (client) => {
      client.on('notice', () => seen.push(narrow.currentTenant()))
    })
    await narrow.run({ organizationId: first }, () => narrow.pool.query(`do $$ begin raise notice 'x'; end $$`))
    expect(seen).toEqual([undefined])
  })
})

describe('without a tenant', () => {
  it('refuses before anything is sent, as a promise and by callback', async () => {
    const untouched = database.open()
    await expect(untouched.pool.query(everyRow)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    await expect(untouched.pool.connect()).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    const query = promisify((text: string, done: (error: Error | undefined) => void) =>
      untouched.pool.query(text, done),
    )
    await expect(query(everyRow)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    const connect = promisify((done: (error: Error | undefined) => void) => untouched.pool.connect(done))
    await expect(connect()).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    expect(untouched.pool.totalCount).toBe(0)
  })

  it.each(['', 'a\0b', 'x'.repeat(201), 7, undefined])('refuses %j as an organization', (organizationId) => {
    const run = (): unknown => tenancy.run({ organizationId: organizationId as string }, () => 'ran')
    expect(run).toThrow(expect.objectContaining({ code: 'TENANT_INVALID' }))
  })

  it('runs the hooks of new connections without a tenant', async () => {
    const hooked = database.open()
    const seen: Promise<unknown>[] = []
    hooked.pool.on('connect', (client) => {
      seen.push(client.query(everyRow).catch((error: unknown) => error))
    })
    await hooked.run({ organizationId: first }, () => hooked.pool.query('select 1'))
    await expect(seen[0]).resolves.toMatchObject({ code: '42501' })
  })
})

describe('a client that is checked out', () => {
  it('keeps the tenant of its check-out', async () => {
    const client = await tenancy.run({ organizationId: first }, () => tenancy.pool.connect())
    const { rows } = await client.query(everyRow)
    client.release()
    expect(organizationsOf(rows)).toEqual([first])
  })

  it('is a client of the host', async () => {
    expect(tenancy.pool).toBeInstanceOf(pg.Pool)
    const client = await tenancy.run({ organizationId: first }, () => tenancy.pool.connect())
    expect(client).toBeInstanceOf(pg.Client)
    client.release()
  })

  it('refuses to work in the scope of another tenant', async () => {
    const client = await tenancy.run({ organizationId: first }, () => tenancy.pool.connect())
    const query = tenancy.run({ organizationId: second }, () => client.query(everyRow))
    await expect(query).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
    const inBootstrap = tenancy.bootstrap(() => client.query(everyRow))
    await expect(inBootstrap).rejects.toMatchObject({ code: 'TENANT_MISMATCH' })
    client.release()
  })

  it('is dead after release, for queries, for listeners and for a second release', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const stale = await narrow.run({ organizationId: first }, () => narrow.pool.connect())
    const heard: unknown[] = []
    stale.on('notice', (notice) => heard.push(notice.message))
    stale.release()
    await narrow.run({ organizationId: second }, async () => {
      const client = await narrow.pool.connect()
      await expect(stale.query(everyRow)).rejects.toMatchObject({ code: 'CLIENT_RELEASED' })
      const byCallback = promisify((done: (error: Error) => void) => stale.query(everyRow, done))
      await expect(byCallback()).rejects.toMatchObject({ code: 'CLIENT_RELEASED' })
      await client.query(`do $$ begin raise notice 'for the second'; end $$`)
      client.release()
    })
    expect(() => stale.release()).toThrow(expect.objectContaining({ code: 'CLIENT_RELEASED' }))
    expect(heard).toEqual([])
  })

  it('does not reach the raw wire', async () => {
    const client = await tenancy.run({ organizationId: first }, () => tenancy.pool.connect())
    expect(Reflect.get(client, 'connection')).toBeUndefined()
    client.release()
  })

  it('takes with it what libraries note on it', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const client = await narrow.run({ organizationId: first }, () => narrow.pool.connect())
    Object.assign(client, { note: 'of the first' })
    expect(Reflect.get(client, 'note')).toBe('of the first')
    client.release()
    const next = await narrow.run({ organizationId: second }, () => narrow.pool.connect())
    expect(Reflect.get(next, 'note')).toBeUndefined()
    next.release()
  })

  it('scopes every statement of a queue that is filled without waiting', async () => {
    const answers = await tenancy.run({ organizationId: first }, async () => {
      const client = await tenancy.pool.connect()
      const texts = ['begin', everyRow, 'commit', everyRow, 'begin', 'rollback', everyRow]
      const results = await Promise.all(texts.map((text) => client.query(text)))
      client.release()
      return results
    })
    const counts = answers.map(({ rows }) => rows.length)
    expect(counts).toEqual([0, 5, 0, 5, 0, 0, 5])
  })

  it('does not lend its tenant to a hook that kept the connection', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    let raw: pg.ClientBase | undefined
    narrow.pool.on('connect', (connected) => (raw = connected))
    await narrow.run({ organizationId: first }, async () => {
      const client = await narrow.pool.connect()
      await client.query('begin')
      await client.query(everyRow)
      await client.query('savepoint a')
      await expect(raw?.query(everyRow)).rejects.toMatchObject({ code: '42501' })
      await client.query('rollback to a')
      expect(organizationsOf((await client.query(everyRow)).rows)).toEqual([first])
      await client.query('commit')
      client.release()
    })
  })

  it('reports a lost connection where it is used, and the pool replaces it', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    await narrow.run({ organizationId: first }, async () => {
      const client = await narrow.pool.connect()
      const pid = await backendPid(client)
      await database.admin('select pg_terminate_backend($1)', [pid])
      await expect(client.query(everyRow)).rejects.toThrow()
      client.release()
      expect((await narrow.pool.query(everyRow)).rows).toHaveLength(5)
    })
  })

  it('survives a server that closes the connection in answer to a statement', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const end = 'select pg_terminate_backend(pg_backend_pid())'
    await narrow.run({ organizationId: first }, async () => {
      for (let turn = 0; turn < 5; turn += 1) {
        await expect(narrow.pool.query(end)).rejects.toMatchObject({ code: '57P01' })
        const client = await narrow.pool.connect()
        await expect(client.query(end)).rejects.toMatchObject({ code: '57P01' })
        client.release()
      }
      expect((await narrow.pool.query(everyRow)).rows).toHaveLength(5)
    })
  })

  it('is closed, not lent again, when it is released inside a transaction', async () => {
    const events: unknown[] = []
    const narrow = database.open({ pool: { max: 1 }, onEvent: (event) => void events.push(event.type) })
    const pids: number[] = []
    for (const organizationId of [first, second]) {
      await narrow.run({ organizationId }, async () => {
        const client = await narrow.pool.connect()
        pids.push(await backendPid(client))
        await client.query('begin')
        expect(organizationsOf((await client.query(everyRow)).rows)).toEqual([organizationId])
        client.release()
      })
    }
    expect(new Set(pids).size).toBe(2)
    expect(events).toContain('connection.closed')
  })

  it('is closed when it is released while a statement runs', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    await narrow.run({ organizationId: first }, async () => {
      const client = await narrow.pool.connect()
      const running = client.query('select pg_sleep(5)').catch((error: unknown) => error)
      client.release()
      await expect(running).resolves.toBeInstanceOf(Error)
    })
    const { rows } = await narrow.run({ organizationId: second }, () => narrow.pool.query(everyRow))
    expect(organizationsOf(rows)).toEqual([second])
  })

  it('is lent again after a statement that failed', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const pids: number[] = []
    for (const organizationId of [first, second]) {
      await narrow.run({ organizationId }, async () => {
        const client = await narrow.pool.connect()
        pids.push(await backendPid(client))
        await client.query('select 1 / 0').catch(() => {})
        client.release()
      })
    }
    expect(new Set(pids).size).toBe(1)
  })
})
