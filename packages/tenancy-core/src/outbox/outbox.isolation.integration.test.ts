import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DispatcherOptions } from './dispatcher-options.ts'
import type { OutboxDispatcher } from './outbox-dispatcher.ts'
import type { OutboxEvent } from './outbox-event.ts'
import { actor, numberOf, OutboxSite, until } from './outbox-site.fixture.ts'

const system = { type: 'system', id: 'test' } as const

let site: OutboxSite

beforeAll(async () => {
  site = await OutboxSite.create()
})

afterAll(async () => {
  await site[Symbol.asyncDispose]()
})

describe('an event', () => {
  it('is delivered with what committed it, in the scope of its organization, in order', async () => {
    const [first, second] = (await site.organizations(2)) as [string, string]
    const seen: [string, unknown, unknown][] = []
    await site.append(first, 1)
    await site.append(second, 10)
    const kept = site.tenancy.run({ organizationId: first, actor }, async () => {
      const client = await site.tenancy.pool.connect()
      await client.query('begin')
      await site.outbox.append('build.finished', { n: 2 }, { transaction: client })
      await client.query('savepoint s')
      await site.outbox.append('build.finished', { n: 99 }, { transaction: client })
      await client.query('rollback to s')
      await client.query('commit')
      client.release()
    })
    await kept
    await site.append(first, 3)
    const handler = (event: OutboxEvent): void => {
      const { organizationId } = site.tenancy.requireTenant()
      expect(organizationId).toBe(event.organizationId)
      expect(event).toMatchObject({ type: 'build.finished', actor, attempt: 1, redriven: false })
      seen.push([event.organizationId, numberOf(event), event.position])
    }
    await site.delivering({ 'build.finished': handler }, () => until(() => seen.length === 4))
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
    const [first] = (await site.organizations(1)) as [string]
    const statements = [
      'select 1 from partywall.outbox',
      'select 1 from partywall.outbox_dead_letters',
      'delete from partywall.outbox',
      'update partywall.outbox_streams set last_position = 0',
      `insert into partywall.outbox_leases values ('${first}', 1, now())`,
      `select partywall.append_events(array['${first}'::uuid], array['member.added'], array['{}'::jsonb], null)`,
    ]
    for (const statement of statements) {
      const query = site.tenancy.run({ organizationId: first }, () => site.tenancy.pool.query(statement))
      await expect(query, statement).rejects.toMatchObject({ code: '42501' })
    }
    await expect(
      site.tenancy.bootstrap(() => site.tenancy.pool.query(`select partywall.append_event('a.b', '{}', null)`)),
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
    const [first] = (await site.organizations(1)) as [string]
    const refused = site.tenancy.run({ organizationId: first }, () =>
      site.outbox.append(type as 'build.finished', payload as { n: number }),
    )
    await expect(refused).rejects.toMatchObject({ code: 'OUTBOX_EVENT_INVALID' })
    expect(await site.pendingOf([first])).toBe(0)
  })

  it('needs a tenant', async () => {
    await expect(site.outbox.append('build.finished', { n: 1 })).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
  })
})

describe('what happens to members and organizations', () => {
  it('is told, whoever writes it, and not when nothing changed', async () => {
    const [id] = (await site.organizations(1)) as [string]
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
    for (const statement of statements) await site.database.admin(statement)
    const rows = await site.database.admin(
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
    const [first, second] = (await site.organizations(2)) as [string, string]
    const seen: string[] = []
    const failures: unknown[] = []
    for (const n of [1, 2]) await site.append(first, n)
    for (const n of [1, 2, 3]) await site.append(second, n)
    const handler = (event: OutboxEvent): void => {
      seen.push(`${event.organizationId === first ? 'first' : 'second'} ${String(numberOf(event))}`)
      if (event.organizationId === first && numberOf(event) === 1 && event.attempt < 3) throw new Error('not yet')
    }
    const onFailure: DispatcherOptions['onFailure'] = ({ error, givenUp }) => failures.push([String(error), givenUp])
    await site.delivering({ '*': handler }, () => until(async () => (await site.pendingOf([first, second])) === 0), {
      onFailure,
    })
    expect(seen.filter((one) => one.startsWith('first'))).toEqual(['first 1', 'first 1', 'first 1', 'first 2'])
    expect(seen.indexOf('second 3')).toBeLessThan(seen.lastIndexOf('first 1'))
    expect(failures).toEqual([
      ['Error: not yet', false],
      ['Error: not yet', false],
    ])
  })

  it('loses the event to the dead letters, from where it is redriven or discarded', async () => {
    const [id] = (await site.organizations(1)) as [string]
    for (const n of [1, 2, 3]) await site.append(id, n)
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
    await site.delivering({ '*': handler }, work, { maxAttempts: 1 })
    expect(seen).toEqual([[3, 1, false]])
    const dead = (await site.outbox.deadLetters(system)).filter(({ organizationId }) => organizationId === id)
    expect(dead.map(({ payload, attempts, lastError }) => [payload, attempts, lastError?.length])).toEqual([
      [{ n: 1 }, 1, 500],
      [{ n: 2 }, 1, 500],
    ])
    const [one, two] = dead.map((letter) => letter.id) as [string, string]
    expect((await site.outbox.deadLetters(system, { after: one, limit: 1 })).map((letter) => letter.id)).toEqual([two])
    isMended = true
    await site.outbox.redrive(one, system)
    await site.outbox.discard(two, system)
    await site.delivering({ '*': handler }, () => until(() => seen.length === 2))
    expect(seen).toEqual([
      [3, 1, false],
      [1, 1, true],
    ])
    for (const unknown of [one, two, 'x', '']) {
      await expect(site.outbox.redrive(unknown, system)).rejects.toMatchObject({ code: 'OUTBOX_EVENT_UNKNOWN' })
      await expect(site.outbox.discard(unknown, system)).rejects.toMatchObject({ code: 'OUTBOX_EVENT_UNKNOWN' })
    }
  })
})
