import { setTimeout } from 'node:timers/promises'
import { PassThrough } from 'node:stream'
import Cursor from 'pg-cursor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import type { Tenancy } from '../tenancy.ts'
import type { TenancyEvent } from '../tenancy-event.ts'

const everyRow = 'select org_id, name from repositories order by name'
const forever = 'select pg_sleep(60)'

let database: TenantDatabase
let tenancy: Tenancy
let first: string
let second: string
let events: TenancyEvent[]

beforeAll(async () => {
  database = await createTenantDatabase(40)
  events = []
  tenancy = database.open({ pool: { max: 2 }, onEvent: (event) => void events.push(event) })
  ;[first, second] = database.organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

/** Statements that the server runs for the app login now. */
async function running(text: string): Promise<number> {
  const sql = `select count(*)::int from pg_stat_activity where state = 'active' and query = $1`
  return (await database.admin(sql, [text])).rows[0].count
}

async function untilRunning(text: string, count = 1): Promise<void> {
  while ((await running(text)) !== count) await setTimeout(10)
}

describe('timeoutMs of a scope', () => {
  it('ends a statement on the server, and reaches no statement after it', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const shown = 'select current_setting($1) as value'
    const timed = { organizationId: first, timeoutMs: 50 }
    for (let turn = 0; turn < 2; turn += 1) {
      const query = narrow.run(timed, () => narrow.pool.query(forever))
      await expect(query).rejects.toMatchObject({ code: '57014' })
      const inside = await narrow.run(timed, () => narrow.pool.query(shown, ['statement_timeout']))
      expect(inside.rows).toEqual([{ value: '50ms' }])
      const after = await narrow.run({ organizationId: second }, () => narrow.pool.query(shown, ['statement_timeout']))
      expect(after.rows).toEqual([{ value: '0' }])
    }
    expect((await narrow.run(timed, () => narrow.pool.query(everyRow))).rows).toHaveLength(5)
    expect(narrow.pool.totalCount).toBe(1)
  })

  it('holds in transactions, after savepoints and in batches', async () => {
    await tenancy.run({ organizationId: first, timeoutMs: 50 }, async () => {
      const client = await tenancy.pool.connect()
      await client.query('begin')
      await client.query('savepoint a')
      await expect(client.query(forever)).rejects.toMatchObject({ code: '57014' })
      await client.query('rollback to a')
      expect((await client.query(everyRow)).rows).toHaveLength(5)
      await expect(client.query(forever)).rejects.toMatchObject({ code: '57014' })
      await client.query('rollback')
      client.release()
      const batch = tenancy.pool.batch([{ text: everyRow }, { text: forever }])
      await expect(batch).rejects.toMatchObject({ code: 'BATCH_FAILED', details: { index: 1, sqlState: '57014' } })
    })
  })

  it('takes no round trip: two scopes of one connection answer within one each', async () => {
    const query = tenancy.run({ organizationId: first, timeoutMs: 1000 }, () =>
      tenancy.pool.query('select transaction_timestamp() = statement_timestamp() as same'),
    )
    expect((await query).rows).toHaveLength(1)
  })

  it.each([0, -1, 1.5, Number.NaN, 2 ** 31, '50'])('refuses %j', (timeoutMs) => {
    const run = (): unknown => tenancy.run({ organizationId: first, timeoutMs: timeoutMs as number }, () => 'ran')
    expect(run).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
  })
})

describe('the signal of a scope', () => {
  it('cancels the statement that runs, keeps its connection, and refuses new ones', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const controller = new AbortController()
    const { signal } = controller
    const pid = await narrow.run({ organizationId: first }, () => narrow.pool.query('select pg_backend_pid() as pid'))
    await narrow.run({ organizationId: first, signal }, async () => {
      const query = narrow.pool.query(forever)
      query.catch(() => {})
      await untilRunning(forever)
      controller.abort(new Error('the client went away'))
      await expect(query).rejects.toMatchObject({ code: 'SCOPE_ABORTED', cause: { code: '57014' } })
      await expect(narrow.pool.query(everyRow)).rejects.toMatchObject({
        code: 'SCOPE_ABORTED',
        cause: { message: 'the client went away' },
      })
      await expect(narrow.pool.batch([{ text: everyRow }])).rejects.toMatchObject({ code: 'SCOPE_ABORTED' })
      await expect(narrow.pool.connect()).rejects.toMatchObject({ code: 'SCOPE_ABORTED' })
    })
    await untilRunning(forever, 0)
    const again = await narrow.run({ organizationId: second }, () =>
      narrow.pool.query('select pg_backend_pid() as pid'),
    )
    expect(again.rows).toEqual(pid.rows)
  })

  it('lets a transaction be rolled back, and never be committed', async () => {
    const controller = new AbortController()
    const insert = `insert into repositories (name) values ('aborted')`
    await tenancy.run({ organizationId: first, signal: controller.signal }, async () => {
      const client = await tenancy.pool.connect()
      await client.query('begin')
      await client.query(insert)
      controller.abort()
      await expect(client.query('commit')).rejects.toMatchObject({ code: 'SCOPE_ABORTED' })
      await client.query('rollback')
      client.release()
    })
    const { rows } = await tenancy.run({ organizationId: first }, () => tenancy.pool.query(everyRow))
    expect(rows).toHaveLength(5)
  })

  it('takes back what waits: in the queue of the pool and in that of a client', async () => {
    const narrow = database.open({ pool: { max: 1 } })
    const controller = new AbortController()
    const client = await narrow.run({ organizationId: second, signal: controller.signal }, () => narrow.pool.connect())
    const sleeping = client.query('select pg_sleep(0.3)')
    const queued = client.query(everyRow)
    const waiting = narrow.run({ organizationId: first, signal: controller.signal }, () => narrow.pool.query(everyRow))
    controller.abort()
    const aborted = [waiting, queued, sleeping].map((query) =>
      expect(query).rejects.toMatchObject({ code: 'SCOPE_ABORTED' }),
    )
    await Promise.all(aborted)
    client.release()
    expect(narrow.pool.waitingCount).toBe(0)
    expect((await narrow.run({ organizationId: first }, () => narrow.pool.query(everyRow))).rows).toHaveLength(5)
  })

  it('cancels a batch whole', async () => {
    const controller = new AbortController()
    const insert = { text: `insert into repositories (name) values ('in a batch')` }
    const batch = tenancy.run({ organizationId: first, signal: controller.signal }, () =>
      tenancy.pool.batch([insert, { text: forever }]),
    )
    batch.catch(() => {})
    await untilRunning(forever)
    controller.abort()
    await expect(batch).rejects.toMatchObject({ code: 'SCOPE_ABORTED' })
    const { rows } = await tenancy.run({ organizationId: first }, () => tenancy.pool.query(everyRow))
    expect(rows).toHaveLength(5)
  })

  it('ends a cursor, while it runs and between two pages', async () => {
    for (const text of [everyRow, forever]) {
      const controller = new AbortController()
      await tenancy.run({ organizationId: first, signal: controller.signal }, async () => {
        const client = await tenancy.pool.connect()
        await client.query('begin')
        const cursor = client.query(new Cursor(text))
        if (text === everyRow) expect(await cursor.read(2)).toHaveLength(2)
        const rest = text === everyRow ? undefined : cursor.read(1)
        rest?.catch(() => {})
        if (text === forever) await untilRunning(forever)
        controller.abort()
        await setTimeout(100)
        await expect(rest ?? cursor.read(10)).rejects.toThrow(/aborted|terminated/)
        client.release(true)
      })
    }
    expect((await tenancy.run({ organizationId: second }, () => tenancy.pool.query(everyRow))).rows).toHaveLength(5)
  })

  it('leaves no listener behind', async () => {
    const controller = new AbortController()
    let listeners = 0
    const { signal } = controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>): void => {
      listeners += 1
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
      listeners -= 1
      remove(...args)
    }
    await tenancy.run({ organizationId: first, signal }, async () => {
      await Promise.all(Array.from({ length: 50 }, () => tenancy.pool.query(everyRow)))
      await tenancy.pool.query('select 1 / 0').catch(() => {})
      await tenancy.pool.batch([{ text: everyRow }])
    })
    expect(listeners).toBe(0)
  })

  it('never ends a statement of another scope, with aborts all the time on 3 connections', async () => {
    const narrow = database.open({ pool: { max: 3 } })
    const innocent: unknown[] = []
    const foreign: unknown[] = []
    let aborted = 0
    let answered = 0
    const caller = async (seed: number): Promise<void> => {
      for (let turn = 0; turn < 60; turn += 1) {
        const organizationId = database.organizations[(seed * 7 + turn) % 40] as string
        const short = `select org_id, pg_sleep(0.00${seed % 5}) from repositories limit 2`
        if (seed % 2 === 0) {
          const rows = await narrow
            .run({ organizationId }, () => narrow.pool.query(short))
            .then((result) => result.rows)
            .catch((error: unknown) => {
              innocent.push(error)
              return []
            })
          answered += rows.length
          foreign.push(...rows.filter((row) => row.org_id !== organizationId))
          continue
        }
        const controller = new AbortController()
        const query = narrow.run({ organizationId, signal: controller.signal }, () => narrow.pool.query(short))
        const outcome = query.catch((error: unknown) => {
          aborted += 1
          if ((error as { code: string }).code !== 'SCOPE_ABORTED') innocent.push(error)
        })
        await setTimeout(seed % 8)
        controller.abort()
        await outcome
      }
    }
    await Promise.all(Array.from({ length: 24 }, (_, seed) => caller(seed)))
    expect(innocent.map((error) => (error as Error).message)).toEqual([])
    expect(foreign).toEqual([])
    expect(aborted).toBeGreaterThan(20)
    expect(answered).toBe(12 * 60 * 2)
  })

  it('does not lend a connection again while a cancel request for it may be on its way', async () => {
    // A server that is slow to take the request: what stands in between holds it back.
    const held = await holdCancelRequests(database.appUrl)
    const narrow = database.open({ pool: { connectionString: held.url, max: 1 } })
    const controller = new AbortController()
    const slow = narrow.run({ organizationId: first, signal: controller.signal }, () =>
      narrow.pool.query('select pg_sleep(0.2)'),
    )
    slow.catch(() => {})
    await untilRunning('select pg_sleep(0.2)')
    controller.abort()
    await held.arrived
    await slow
    const next = narrow.run({ organizationId: second }, () => narrow.pool.query('select pg_sleep(0.2), 1 as n'))
    await setTimeout(50)
    held.letGo()
    expect((await next).rows).toMatchObject([{ n: 1 }])
    await narrow.close()
    await held.close()
  })
})

/** A relay that passes connections on, and keeps cancel requests until it is told. */
async function holdCancelRequests(url: string): Promise<{
  url: string
  arrived: Promise<void>
  letGo: () => void
  close: () => Promise<void>
}> {
  const { createServer, connect } = await import('node:net')
  const target = new URL(url)
  const gate = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      const isCancel = bytes.length === 16 && bytes.readUInt32BE(4) === 80_877_102
      if (isCancel) arrived.resolve()
      const through = new PassThrough()
      through.write(bytes)
      socket.pipe(through)
      const passOn = async (): Promise<void> => {
        if (isCancel) await gate.promise
        const upstream = connect(Number(target.port), target.hostname)
        upstream.on('error', () => {})
        through.pipe(upstream).pipe(socket)
      }
      void passOn()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const relayed = new URL(url)
  relayed.hostname = '127.0.0.1'
  relayed.port = String(port)
  return {
    url: relayed.href,
    arrived: arrived.promise,
    letGo: () => gate.resolve(),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
