import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutbox } from './outbox.ts'
import type { OutboxEvent } from './outbox-event.ts'
import { numberOf, OutboxSite, quick, until } from './outbox-site.fixture.ts'

let site: OutboxSite

beforeAll(async () => {
  site = await OutboxSite.create()
})

afterAll(async () => {
  await site[Symbol.asyncDispose]()
})

describe('many writers and many dispatchers', () => {
  it('deliver every event once, in the order of the commits, whoever commits first', async () => {
    const ids = await site.organizations(10)
    const seen: { id: string; position: number; attempt: number }[] = []
    const working = new Set<string>()
    const handler = async (event: OutboxEvent): Promise<void> => {
      expect(working.has(event.organizationId)).toBe(false)
      working.add(event.organizationId)
      await setTimeout(Math.random() * 3)
      working.delete(event.organizationId)
      seen.push({ id: event.organizationId, position: event.position, attempt: event.attempt })
    }
    const dispatchers = await Promise.all(
      Array.from({ length: 4 }, () =>
        createOutbox(site.open()).deliver({ '*': handler }, { ...quick, concurrency: 3, eventsPerTurn: 7 }),
      ),
    )
    const writers = Array.from({ length: 12 }, async (_, writer) => {
      for (let n = 0; n < 25; n += 1) await writeOnce(ids[(writer * 7 + n) % ids.length] as string, n)
    })
    await Promise.all(writers)
    await until(async () => (await site.pendingOf(ids)) === 0)
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()))
    for (const id of ids) {
      const positions = seen.filter((one) => one.id === id).map(({ position }) => position)
      const [last] = await site.database.admin(
        'select last_position::int as n from partywall.outbox_streams where organization_id = $1',
        [id],
      )
      expect(positions).toEqual(Array.from({ length: (last?.['n'] as number) - 1 }, (_, at) => at + 2))
    }
    expect(seen.every(({ attempt }) => attempt === 1)).toBe(true)
  })

  /** Some of them roll back, and those that began first end last. */
  async function writeOnce(organizationId: string, n: number): Promise<void> {
    await site.tenancy.run({ organizationId }, async () => {
      const client = await site.tenancy.pool.connect()
      try {
        await client.query('begin')
        await site.outbox.append('build.finished', { n }, { transaction: client })
        await setTimeout(Math.random() * 4)
        await client.query(n % 6 === 5 ? 'rollback' : 'commit')
      } finally {
        client.release()
      }
    })
  }

  it('take an organization over from one that holds it no longer, whose word counts no more', async () => {
    const [id] = (await site.organizations(1)) as [string]
    for (const n of [1, 2]) await site.append(id, n)
    const seen: string[] = []
    const entered = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const slow = await site.outbox.deliver(
      {
        '*': async (event, { signal }) => {
          seen.push(`slow ${String(numberOf(event))}`)
          entered.resolve()
          await goOn.promise
          seen.push(`slow was told: ${signal.aborted}`)
        },
      },
      { ...quick, leaseMs: 1000 },
    )
    await entered.promise
    await site.database.admin(
      `update partywall.outbox_leases set expires_at = now() - interval '1 second' where organization_id = $1`,
      [id],
    )
    // It does not begin beside itself.
    await until(() => slow.statistics().lostLeases === 1)
    await setTimeout(200)
    expect(seen).toEqual(['slow 1'])
    await site.delivering(
      { '*': (event) => void seen.push(`other ${String(numberOf(event))} at attempt ${event.attempt}`) },
      () => until(async () => (await site.pendingOf([id])) === 0),
    )
    goOn.resolve()
    await slow.stop()
    expect(seen).toEqual(['slow 1', 'other 1 at attempt 2', 'other 2 at attempt 1', 'slow was told: true'])
    expect(slow.statistics()).toMatchObject({ delivered: 0, lostLeases: 1 })
  })
})

describe('a dispatcher that is stopped', () => {
  it('waits for no handler longer than it was told, and takes the event of one that heeds its signal for unharmed', async () => {
    const [heeding, deaf] = (await site.organizations(2)) as [string, string]
    await site.append(heeding, 1)
    await site.append(deaf, 1)
    const entered: string[] = []
    const end = Promise.withResolvers<void>()
    const dispatcher = await site.outbox.deliver(
      {
        '*': async ({ organizationId }, { signal }) => {
          entered.push(organizationId)
          if (organizationId === deaf) return await end.promise
          await setTimeout(60_000, undefined, { signal })
        },
      },
      quick,
    )
    await until(() => entered.length === 2)
    await dispatcher.stop({ graceMs: 50 })
    expect(dispatcher.statistics()).toMatchObject({ delivered: 0, failed: 0 })
    end.resolve()
    expect(await site.pendingOf([heeding, deaf])).toBe(2)
  })
})

describe('a process that is killed', () => {
  it('is not followed by others without end: an event whose deliveries all ended so is given up', async () => {
    const [id] = (await site.organizations(1)) as [string]
    for (const n of [1, 2]) await site.append(id, n)
    // What three processes leave that were killed by the first event.
    await site.database.admin('update partywall.outbox set attempts = 3 where organization_id = $1 and position = 2', [
      id,
    ])
    const seen: number[] = []
    await site.delivering(
      { '*': (event) => void seen.push(event.position) },
      () => until(async () => (await site.pendingOf([id])) === 0),
      { maxAttempts: 3 },
    )
    expect(seen).not.toContain(2)
    expect(seen).toContain(3)
    const dead = await site.database.admin(
      'select position::int from partywall.outbox_dead_letters where organization_id = $1',
      [id],
    )
    expect(dead).toEqual([{ position: 2 }])
  })

  it('loses no event and no order', async () => {
    const ids = await site.organizations(4)
    const perOrganization = 60
    const writing = Promise.all(
      ids.map(async (id) => {
        for (let n = 0; n < perOrganization; n += 1) await site.append(id, n)
      }),
    )
    const program = fileURLToPath(new URL('./outbox-worker.fixture.ts', import.meta.url))
    for (let round = 0; round < 6 || (await site.pendingOf(ids)) > 0; round += 1) {
      const child = spawn(process.execPath, ['--conditions=partywall-source', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, APP_URL: site.database.appUrl, OPERATOR_URL: site.database.operatorUrl },
      })
      await once(child.stdout, 'data')
      // Later rounds let it get further: leases of the dead have to expire first.
      await setTimeout(Math.random() * 150 * (round + 1))
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await writing
    await site.delivering({ '*': () => {} }, () => until(async () => (await site.pendingOf(ids)) === 0))
    for (const id of ids) {
      const rows = await site.database.admin(
        'select position::int from deliveries where organization = $1 order by at',
        [id],
      )
      const positions = rows.map(({ position }) => position as number)
      const firsts = [...new Set(positions)]
      // What was delivered twice comes again at once, before anything behind it.
      expect(positions.every((position, at) => at === 0 || position - (positions[at - 1] as number) <= 1)).toBe(true)
      expect(firsts).toEqual(firsts.toSorted((one, other) => one - other))
      expect(firsts).toEqual(Array.from({ length: firsts.length }, (_, at) => at + 2))
    }
  })
})
