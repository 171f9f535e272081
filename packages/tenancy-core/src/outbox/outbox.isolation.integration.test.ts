import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createContractDatabase } from '@partywall/testing/contract'
import type { ContractDatabase } from '@partywall/testing/contract'
import { testServer } from '@partywall/testing/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenancy } from '../tenancy.ts'
import type { Tenancy } from '../tenancy.ts'
import { createOutbox } from './outbox.ts'
import type { Outbox } from './outbox.ts'
import type { DispatcherOptions } from './dispatcher-options.ts'
import type { OutboxDispatcher } from './outbox-dispatcher.ts'
import type { OutboxEvent } from './outbox-event.ts'
import type { OutboxHandlers } from './outbox-handlers.ts'

declare module './outbox-event.ts' {
  interface OutboxEvents {
    'build.finished': { readonly n: number }
  }
}

const actor = { type: 'user', id: 'ada' } as const
const system = { type: 'system', id: 'test' } as const
const quick: DispatcherOptions = { pollIntervalMs: 20, leaseMs: 1000 }

let database: ContractDatabase
let tenancy: Tenancy
let outbox: Outbox

beforeAll(async () => {
  database = await createContractDatabase(await testServer())
  tenancy = open()
  outbox = createOutbox(tenancy)
  await database.admin('create table deliveries (at bigserial, organization text, position bigint, attempt int)')
  await database.admin(`grant insert on deliveries to "${database.appRole}"`)
  await database.admin(`grant usage on sequence deliveries_at_seq to "${database.appRole}"`)
})

afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()))
  await database[Symbol.asyncDispose]()
})

const opened: Tenancy[] = []

function open(): Tenancy {
  const one = createTenancy({
    pool: { connectionString: database.appUrl, max: 8 },
    operator: { connectionString: database.operatorUrl, max: 4 },
  })
  opened.push(one)
  return one
}

/** Organizations of which nothing is left to deliver, save what a test appends. */
async function organizations(count: number): Promise<readonly string[]> {
  const made = await Promise.all(Array.from({ length: count }, () => database.createOrganization()))
  await database.admin(
    'update partywall.outbox set delivered_at = now() where delivered_at is null and dead_at is null',
  )
  return made.map(({ id }) => id)
}

function append(organizationId: string, n: number, by: Tenancy = tenancy): Promise<void> {
  return by.run({ organizationId, actor }, () => createOutbox(by).append('build.finished', { n }))
}

/** Runs a dispatcher while `work` lasts. */
async function delivering(
  handlers: OutboxHandlers,
  work: (dispatcher: OutboxDispatcher) => Promise<void>,
  options: DispatcherOptions = {},
): Promise<void> {
  const dispatcher = await outbox.deliver(handlers, { ...quick, ...options })
  try {
    await work(dispatcher)
  } finally {
    await dispatcher.stop()
  }
}

/** Waits for something that a dispatcher does. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 1500; round += 1) {
    if (await holds()) return
    await setTimeout(20)
  }
  expect(await holds()).toBe(true)
}

async function pendingOf(ids: readonly string[]): Promise<number> {
  const [row] = await database.admin(
    'select count(*)::int as n from partywall.outbox where organization_id::text = any($1) and delivered_at is null and dead_at is null',
    [ids],
  )
  return row?.['n'] as number
}

const numberOf = (event: OutboxEvent): unknown => (event.payload as { n?: unknown }).n

describe('an event', () => {
  it('is delivered with what committed it, in the scope of its organization, in order', async () => {
    const [first, second] = (await organizations(2)) as [string, string]
    const seen: [string, unknown, unknown][] = []
    await append(first, 1)
    await append(second, 10)
    const kept = tenancy.run({ organizationId: first, actor }, async () => {
      const client = await tenancy.pool.connect()
      await client.query('begin')
      await outbox.append('build.finished', { n: 2 }, { transaction: client })
      await client.query('savepoint s')
      await outbox.append('build.finished', { n: 99 }, { transaction: client })
      await client.query('rollback to s')
      await client.query('commit')
      client.release()
    })
    await kept
    await append(first, 3)
    const handler = (event: OutboxEvent): void => {
      const { organizationId } = tenancy.requireTenant()
      expect(organizationId).toBe(event.organizationId)
      expect(event).toMatchObject({ type: 'build.finished', actor, attempt: 1, redriven: false })
      seen.push([event.organizationId, numberOf(event), event.position])
    }
    await delivering({ 'build.finished': handler }, () => until(() => seen.length === 4))
    const positions = seen.filter(([id]) => id === first).map(([, n, position]) => [n, position])
    // The first event of the organization told that it was created.
    expect(positions).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ])
    expect(seen.filter(([id]) => id === second).map(([, n]) => n)).toEqual([10])
  })

  it('is neither read nor written by the application but through append', async () => {
    const [first] = (await organizations(1)) as [string]
    const statements = [
      'select 1 from partywall.outbox',
      'select 1 from partywall.outbox_dead_letters',
      'delete from partywall.outbox',
      'update partywall.outbox_streams set last_position = 0',
      `insert into partywall.outbox_leases values ('${first}', 1, now())`,
      `select partywall.append_events(array['${first}'::uuid], array['member.added'], array['{}'::jsonb], null)`,
    ]
    for (const statement of statements) {
      const query = tenancy.run({ organizationId: first }, () => tenancy.pool.query(statement))
      await expect(query, statement).rejects.toMatchObject({ code: '42501' })
    }
    await expect(
      tenancy.bootstrap(() => tenancy.pool.query(`select partywall.append_event('a.b', '{}', null)`)),
    ).rejects.toMatchObject({ code: '42501' })
  })

  it.each([
    ['member.added', {}],
    ['organization.deleted', {}],
    ['subscription.changed', {}],
    ['oneword', {}],
    ['Build.finished', {}],
    [`${'a'.repeat(60)}.${'b'.repeat(60)}`, {}],
    ['build.finished', 'text'],
    ['build.finished', null],
    ['build.finished', [1]],
    ['build.finished', { n: 'a\0' }],
    ['build.finished', { n: 'x'.repeat(70_000) }],
  ])('is refused: %s with %j', async (type, payload) => {
    const [first] = (await organizations(1)) as [string]
    const refused = tenancy.run({ organizationId: first }, () =>
      outbox.append(type as 'build.finished', payload as { n: number }),
    )
    await expect(refused).rejects.toMatchObject({ code: 'OUTBOX_EVENT_INVALID' })
    expect(await pendingOf([first])).toBe(0)
  })

  it('needs a tenant', async () => {
    await expect(outbox.append('build.finished', { n: 1 })).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
  })
})

describe('what happens to members and organizations', () => {
  it('is told, whoever writes it, and not when nothing changed', async () => {
    const [id] = (await organizations(1)) as [string]
    const statements = [
      `insert into partywall.memberships (organization_id, user_id, role) values ('${id}', 'ada', 'owner'), ('${id}', 'bob', 'viewer')`,
      `update partywall.memberships set role = 'admin' where organization_id = '${id}' and user_id = 'bob'`,
      `update partywall.memberships set role = 'admin' where organization_id = '${id}' and user_id = 'bob'`,
      `update partywall.memberships set status = 'suspended' where organization_id = '${id}' and user_id = 'bob'`,
      `update partywall.memberships set status = 'active' where organization_id = '${id}' and user_id = 'bob'`,
      `delete from partywall.memberships where organization_id = '${id}' and user_id = 'bob'`,
      `update partywall.organizations set name = 'Other' where id = '${id}'`,
      `update partywall.organizations set status = 'suspended' where id = '${id}'`,
      `update partywall.organizations set status = 'active' where id = '${id}'`,
      `update partywall.organizations set status = 'deleted' where id = '${id}'`,
      `delete from partywall.organizations where id = '${id}'`,
    ]
    for (const statement of statements) await database.admin(statement)
    const rows = await database.admin(
      `select type, coalesce(payload ->> 'userId', '') as "user" from partywall.outbox where organization_id = $1 order by position offset 1`,
      [id],
    )
    expect(rows.map(({ type, user }) => `${String(type)} ${String(user)}`.trim())).toEqual([
      'member.added ada',
      'member.added bob',
      'member.role_changed bob',
      'member.suspended bob',
      'member.activated bob',
      'member.removed bob',
      'organization.updated',
      'organization.suspended',
      'organization.reactivated',
      'organization.deleted',
      'organization.purged',
    ])
  })
})

describe('a handler that fails', () => {
  it('gets the event again, before those behind it, while other organizations go on', async () => {
    const [first, second] = (await organizations(2)) as [string, string]
    const seen: string[] = []
    const failures: unknown[] = []
    for (const n of [1, 2]) await append(first, n)
    for (const n of [1, 2, 3]) await append(second, n)
    const handler = (event: OutboxEvent): void => {
      seen.push(`${event.organizationId === first ? 'first' : 'second'} ${String(numberOf(event))}`)
      if (event.organizationId === first && numberOf(event) === 1 && event.attempt < 3) throw new Error('not yet')
    }
    const onFailure: DispatcherOptions['onFailure'] = ({ error, givenUp }) => failures.push([String(error), givenUp])
    await delivering({ '*': handler }, () => until(async () => (await pendingOf([first, second])) === 0), { onFailure })
    expect(seen.filter((one) => one.startsWith('first'))).toEqual(['first 1', 'first 1', 'first 1', 'first 2'])
    expect(seen.indexOf('second 3')).toBeLessThan(seen.lastIndexOf('first 1'))
    expect(failures).toEqual([
      ['Error: not yet', false],
      ['Error: not yet', false],
    ])
  })

  it('loses the event to the dead letters, from where it is redriven or discarded', async () => {
    const [id] = (await organizations(1)) as [string]
    for (const n of [1, 2, 3]) await append(id, n)
    const seen: unknown[] = []
    let isMended = false
    const handler = (event: OutboxEvent): void => {
      if (!isMended && numberOf(event) !== 3) throw new Error(`cannot\0 ${'long '.repeat(200)}`)
      seen.push([numberOf(event), event.attempt, event.redriven])
    }
    const work = async (dispatcher: OutboxDispatcher): Promise<void> => {
      await until(() => dispatcher.statistics().delivered === 1)
      expect(dispatcher.statistics()).toEqual({ delivered: 1, failed: 2, givenUp: 2, lostLeases: 0 })
    }
    await delivering({ '*': handler }, work, { maxAttempts: 1 })
    expect(seen).toEqual([[3, 1, false]])
    const dead = (await outbox.deadLetters(system)).filter(({ organizationId }) => organizationId === id)
    expect(dead.map(({ payload, attempts, lastError }) => [payload, attempts, lastError?.length])).toEqual([
      [{ n: 1 }, 1, 500],
      [{ n: 2 }, 1, 500],
    ])
    const [one, two] = dead.map((letter) => letter.id) as [string, string]
    expect((await outbox.deadLetters(system, { after: one, limit: 1 })).map((letter) => letter.id)).toEqual([two])
    isMended = true
    await outbox.redrive(one, system)
    await outbox.discard(two, system)
    await delivering({ '*': handler }, () => until(() => seen.length === 2))
    expect(seen).toEqual([
      [3, 1, false],
      [1, 1, true],
    ])
    for (const unknown of [one, two, 'x', '']) {
      await expect(outbox.redrive(unknown, system)).rejects.toMatchObject({ code: 'OUTBOX_EVENT_UNKNOWN' })
      await expect(outbox.discard(unknown, system)).rejects.toMatchObject({ code: 'OUTBOX_EVENT_UNKNOWN' })
    }
  })
})

describe('many writers and many dispatchers', () => {
  it('deliver every event once, in the order of the commits, whoever commits first', async () => {
    const ids = await organizations(10)
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
        createOutbox(open()).deliver({ '*': handler }, { ...quick, concurrency: 3, eventsPerTurn: 7 }),
      ),
    )
    const writers = Array.from({ length: 12 }, async (_, writer) => {
      for (let n = 0; n < 25; n += 1) await writeOnce(ids[(writer * 7 + n) % ids.length] as string, n)
    })
    await Promise.all(writers)
    await until(async () => (await pendingOf(ids)) === 0)
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()))
    for (const id of ids) {
      const positions = seen.filter((one) => one.id === id).map(({ position }) => position)
      const [last] = await database.admin(
        'select last_position::int as n from partywall.outbox_streams where organization_id = $1',
        [id],
      )
      expect(positions).toEqual(Array.from({ length: (last?.['n'] as number) - 1 }, (_, at) => at + 2))
    }
    expect(seen.every(({ attempt }) => attempt === 1)).toBe(true)
  })

  /** Some of them roll back, and those that began first end last. */
  async function writeOnce(organizationId: string, n: number): Promise<void> {
    await tenancy.run({ organizationId }, async () => {
      const client = await tenancy.pool.connect()
      try {
        await client.query('begin')
        await outbox.append('build.finished', { n }, { transaction: client })
        await setTimeout(Math.random() * 4)
        await client.query(n % 6 === 5 ? 'rollback' : 'commit')
      } finally {
        client.release()
      }
    })
  }

  it('take an organization over from one that holds it no longer, whose word counts no more', async () => {
    const [id] = (await organizations(1)) as [string]
    for (const n of [1, 2]) await append(id, n)
    const seen: string[] = []
    const entered = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const slow = await outbox.deliver(
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
    await database.admin(
      `update partywall.outbox_leases set expires_at = now() - interval '1 second' where organization_id = $1`,
      [id],
    )
    // It does not begin beside itself.
    await until(() => slow.statistics().lostLeases === 1)
    await setTimeout(200)
    expect(seen).toEqual(['slow 1'])
    await delivering(
      { '*': (event) => void seen.push(`other ${String(numberOf(event))} at attempt ${event.attempt}`) },
      () => until(async () => (await pendingOf([id])) === 0),
    )
    goOn.resolve()
    await slow.stop()
    expect(seen).toEqual(['slow 1', 'other 1 at attempt 2', 'other 2 at attempt 1', 'slow was told: true'])
    expect(slow.statistics()).toMatchObject({ delivered: 0, lostLeases: 1 })
  })
})

describe('a dispatcher that is stopped', () => {
  it('waits for no handler longer than it was told, and takes the event of one that heeds its signal for unharmed', async () => {
    const [heeding, deaf] = (await organizations(2)) as [string, string]
    await append(heeding, 1)
    await append(deaf, 1)
    const entered: string[] = []
    const end = Promise.withResolvers<void>()
    const dispatcher = await outbox.deliver(
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
    expect(await pendingOf([heeding, deaf])).toBe(2)
  })
})

describe('a process that is killed', () => {
  it('is not followed by others without end: an event whose deliveries all ended so is given up', async () => {
    const [id] = (await organizations(1)) as [string]
    for (const n of [1, 2]) await append(id, n)
    // What three processes leave that were killed by the first event.
    await database.admin('update partywall.outbox set attempts = 3 where organization_id = $1 and position = 2', [id])
    const seen: number[] = []
    await delivering(
      { '*': (event) => void seen.push(event.position) },
      () => until(async () => (await pendingOf([id])) === 0),
      { maxAttempts: 3 },
    )
    expect(seen).not.toContain(2)
    expect(seen).toContain(3)
    const dead = await database.admin(
      'select position::int from partywall.outbox_dead_letters where organization_id = $1',
      [id],
    )
    expect(dead).toEqual([{ position: 2 }])
  })

  it('loses no event and no order', async () => {
    const ids = await organizations(4)
    const perOrganization = 60
    const writing = Promise.all(
      ids.map(async (id) => {
        for (let n = 0; n < perOrganization; n += 1) await append(id, n)
      }),
    )
    const program = fileURLToPath(new URL('./outbox-worker.fixture.ts', import.meta.url))
    for (let round = 0; round < 6 || (await pendingOf(ids)) > 0; round += 1) {
      const child = spawn(process.execPath, ['--conditions=partywall-source', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, APP_URL: database.appUrl, OPERATOR_URL: database.operatorUrl },
      })
      await once(child.stdout, 'data')
      // Later rounds let it get further: leases of the dead have to expire first.
      await setTimeout(Math.random() * 150 * (round + 1))
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await writing
    await delivering({ '*': () => {} }, () => until(async () => (await pendingOf(ids)) === 0))
    for (const id of ids) {
      const rows = await database.admin('select position::int from deliveries where organization = $1 order by at', [
        id,
      ])
      const positions = rows.map(({ position }) => position as number)
      const firsts = [...new Set(positions)]
      // What was delivered twice comes again at once, before anything behind it.
      expect(positions.every((position, at) => at === 0 || position - (positions[at - 1] as number) <= 1)).toBe(true)
      expect(firsts).toEqual(firsts.toSorted((one, other) => one - other))
      expect(firsts).toEqual(Array.from({ length: firsts.length }, (_, at) => at + 2))
    }
  })
})
