import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'

const everyRow = 'select org_id from repositories'

let database: TenantDatabase
let organizations: readonly string[]
let busy: string
let single: string

beforeAll(async () => {
  database = await createTenantDatabase(30)
  ;({ organizations } = database)
  ;[busy, single] = organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

/** Asks and notes in `order` whose answer came when; an answer with rows of another fails. */
async function ask(tenancy: Tenancy, organizationId: string, order: string[]): Promise<void> {
  const { rows } = await tenancy.run({ organizationId }, () => tenancy.pool.query(everyRow))
  expect(rows.map((row) => row.org_id)).toEqual(Array.from({ length: 5 }, () => organizationId))
  order.push(organizationId)
}

describe('a pool that many organizations share', () => {
  it('serves a single statement of one before the 1,000 that another has queued', async () => {
    // On one connection answers come in the order of the questions.
    const tenancy = database.open({ pool: { max: 1 } })
    await ask(tenancy, busy, [])
    const order: string[] = []
    const queued = Array.from({ length: 1000 }, () => ask(tenancy, busy, order))
    const others = organizations.slice(1).map((organizationId) => ask(tenancy, organizationId, order))
    await Promise.all([...queued, ...others])
    // One was running when the first single came.
    expect(order.indexOf(single)).toBeLessThanOrEqual(2)
    // With 29 singles, every ninth turn at least is for those that waited before.
    expect(Math.max(...organizations.slice(1).map((id) => order.indexOf(id)))).toBeLessThanOrEqual(1 + 29 + 29 / 8 + 1)
  })

  it('leaves connections to others when one organization holds all it may', async () => {
    const tenancy = database.open({ pool: { max: 3 }, maxPerOrganization: 2 })
    const slow = tenancy.run({ organizationId: busy }, () =>
      Array.from({ length: 6 }, () => tenancy.pool.query('select pg_sleep(0.2)')),
    )
    const order: string[] = []
    await Promise.all(Array.from({ length: 20 }, () => ask(tenancy, single, order)))
    const active = `select count(*)::int from pg_stat_activity where query = 'select pg_sleep(0.2)' and state = 'active'`
    expect((await database.admin(active)).rows[0].count).toBe(2)
    await Promise.all(slow)
  })

  it('refuses what waits too long, and what waits when it is closed', async () => {
    const tenancy = database.open({ pool: { max: 1 }, queueTimeoutMs: 50 })
    const client = await tenancy.run({ organizationId: busy }, () => tenancy.pool.connect())
    const late = tenancy.run({ organizationId: single }, () => tenancy.pool.query(everyRow))
    await expect(late).rejects.toMatchObject({ code: 'POOL_QUEUE_TIMEOUT', details: { organizationId: single } })
    const waiting = tenancy.run({ organizationId: single }, () => tenancy.pool.query(everyRow))
    waiting.catch(() => {})
    expect(tenancy.pool.waitingCount).toBe(1)
    const closing = tenancy.close()
    await expect(waiting).rejects.toMatchObject({ code: 'POOL_CLOSED' })
    client.release()
    await closing
  })

  it('takes the time-out of the pool when it has none of its own', async () => {
    const tenancy = database.open({ pool: { max: 1, connectionTimeoutMillis: 200 } })
    const client = await tenancy.run({ organizationId: busy }, () => tenancy.pool.connect())
    const late = tenancy.run({ organizationId: busy }, () => tenancy.pool.query(everyRow))
    await expect(late).rejects.toMatchObject({ code: 'POOL_QUEUE_TIMEOUT', details: { queueTimeoutMs: 200 } })
    client.release()
  })

  it('counts what it does, and who waited longest', async () => {
    const tenancy = database.open({ pool: { max: 1 }, queueTimeoutMs: 500 })
    const client = await tenancy.run({ organizationId: single }, () => tenancy.pool.connect())
    const controller = new AbortController()
    const waits = [
      ...Array.from({ length: 5 }, () => ask(tenancy, busy, [])),
      tenancy
        .run({ organizationId: single, signal: controller.signal }, () => tenancy.pool.query(everyRow))
        .catch(() => {}),
    ]
    await setTimeout(20)
    expect(tenancy.pool.statistics()).toMatchObject({ waiting: 6, granted: 1, waits: 0 })
    controller.abort()
    client.release()
    await Promise.all(waits)
    const statistics = tenancy.pool.statistics({ top: 1 })
    expect(statistics).toMatchObject({
      connections: { total: 1, max: 1 },
      waiting: 0,
      granted: 6,
      waits: 5,
      timedOut: 0,
      aborted: 1,
      organizations: [{ organizationId: busy, waits: 5, waiting: 0, uncertaintyMs: 0 }],
    })
    expect(statistics.waitedMs).toBeGreaterThanOrEqual(5 * 15)
  })

  it('gives every slot back, after failures of statements, of connections and of values', async () => {
    const tenancy = database.open({ pool: { max: 2 } })
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    for (let turn = 0; turn < 6; turn += 1) {
      await tenancy.run({ organizationId: busy }, async () => {
        await tenancy.pool.query('select 1 / 0').catch(() => {})
        await tenancy.pool.query('select $1::jsonb', [circular]).catch(() => {})
        await tenancy.pool.query('select pg_terminate_backend(pg_backend_pid())').catch(() => {})
        const client = await tenancy.pool.connect()
        await client.query('begin')
        client.release()
      })
    }
    const order: string[] = []
    await Promise.all(organizations.map((organizationId) => ask(tenancy, organizationId, order)))
    expect(order).toHaveLength(30)

    const unreachable = database.open({ pool: { max: 1, connectionString: 'postgres://x@127.0.0.1:1/x' } })
    for (let turn = 0; turn < 3; turn += 1) {
      const query = unreachable.run({ organizationId: busy }, () => unreachable.pool.query('select 1'))
      await expect(query).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    }
  })
})
