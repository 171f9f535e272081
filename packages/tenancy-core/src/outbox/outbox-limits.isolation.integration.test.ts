import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryFailure } from './dispatcher-options.ts'
import { numberOf, OutboxSite, until } from './outbox-site.fixture.ts'
import { outboxStatements } from './outbox-statements.ts'

const system = { type: 'system', id: 'test' } as const

let site: OutboxSite

beforeAll(async () => {
  site = await OutboxSite.create()
})

afterAll(async () => {
  await site[Symbol.asyncDispose]()
})

const streamsOf = (id: string): Promise<readonly unknown[]> =>
  site.database.admin('select 1 from partywall.outbox_streams where organization_id = $1', [id])

describe('a handler that never settles', () => {
  it('has its time, is told, and holds up neither its organization nor the others', async () => {
    const [stuck, other] = (await site.organizations(2)) as [string, string]
    for (const n of [1, 2]) await site.append(stuck, n)
    await site.append(other, 1)
    const seen: string[] = []
    const failures: DeliveryFailure[] = []
    const never = Promise.withResolvers<void>()
    const signals: AbortSignal[] = []
    const work = () => until(async () => (await site.pendingOf([stuck, other])) === 0)
    await site.delivering(
      {
        'build.finished': (event, { signal }) => {
          seen.push(`${event.organizationId === stuck ? 'stuck' : 'other'} ${String(numberOf(event))}`)
          if (event.organizationId !== stuck || event.attempt > 1 || numberOf(event) !== 1) return
          signals.push(signal)
          return never.promise
        },
        // It is not begun after the one before it has used up the time.
        '*': (event) => void seen.push(`then ${event.attempt}`),
      },
      work,
      { handlerTimeoutMs: 200, onFailure: (failure) => void failures.push(failure) },
    )
    expect(seen.filter((one) => one.startsWith('stuck'))).toEqual(['stuck 1', 'stuck 1', 'stuck 2'])
    expect(seen.filter((one) => one.startsWith('then')).toSorted()).toEqual(['then 1', 'then 1', 'then 2'])
    expect(failures).toMatchObject([{ error: { code: 'OUTBOX_HANDLER_TIMEOUT' }, givenUp: false }])
    expect(signals.map(({ aborted, reason }) => [aborted, reason])).toMatchObject([
      [true, { code: 'OUTBOX_HANDLER_TIMEOUT' }],
    ])
    never.resolve()
  })

  it('is given up in the end, and what it does later changes nothing', async () => {
    const [id] = (await site.organizations(1)) as [string]
    await site.append(id, 1)
    const late: (() => void)[] = []
    await site.delivering(
      { '*': () => new Promise<void>((resolve) => late.push(resolve)) },
      () => until(async () => (await site.pendingOf([id])) === 0),
      { handlerTimeoutMs: 50, maxAttempts: 2 },
    )
    expect(late).toHaveLength(2)
    for (const resolve of late) resolve()
    await setTimeout(50)
    const [event] = await site.database.admin(
      `select delivered_at, dead_at is not null as dead from partywall.outbox where organization_id = $1 and type = 'build.finished'`,
      [id],
    )
    expect(event).toEqual({ delivered_at: null, dead: true })
  })

  it('frees an organization that was lost to another process', async () => {
    const [id] = (await site.organizations(1)) as [string]
    await site.append(id, 1)
    const attempts: number[] = []
    await site.delivering(
      {
        '*': async ({ attempt }) => {
          attempts.push(attempt)
          if (attempt > 1) return
          await site.database.admin(
            `update partywall.outbox_leases set expires_at = now() - interval '1 second' where organization_id = $1`,
            [id],
          )
          await new Promise(() => {})
        },
      },
      () => until(async () => (await site.pendingOf([id])) === 0),
      { handlerTimeoutMs: 700 },
    )
    expect(attempts).toEqual([1, 2])
  })
})

describe('outbox.backlog', () => {
  it('counts what waits, what is tried again, what was given up, and since when', async () => {
    const [first, second] = (await site.organizations(2)) as [string, string]
    const before = await site.outbox.backlog(system)
    expect(before).toMatchObject({ pending: 0, retrying: 0, organizations: 0, oldestPendingAgeMs: 0 })
    expect(before.oldestPendingAt).toBeNull()
    for (const n of [1, 2]) await site.append(first, n)
    await site.append(second, 1)
    await site.database.admin(
      `update partywall.outbox set attempts = 1, created_at = now() - interval '1 hour' where organization_id = $1 and position = 2`,
      [first],
    )
    const backlog = await site.outbox.backlog(system)
    expect(backlog).toMatchObject({ pending: 3, retrying: 1, organizations: 2, delivered: before.delivered })
    expect(backlog.oldestPendingAgeMs).toBeGreaterThanOrEqual(3_600_000)
    await site.database.admin(
      'update partywall.outbox set dead_at = now() where organization_id = $1 and position = 2',
      [first],
    )
    expect(await site.outbox.backlog(system)).toMatchObject({ pending: 2, retrying: 0, dead: before.dead + 1 })
    await expect(
      site.tenancy.run({ organizationId: first }, () => site.tenancy.pool.query('select 1 from partywall.outbox')),
    ).rejects.toMatchObject({ code: '42501' })
  })
})

describe('an organization that was purged', () => {
  it('leaves no counter and no lease behind once its events are swept, and keeps them until then', async () => {
    const [gone, kept] = (await site.organizations(2)) as [string, string]
    for (const id of [gone, kept]) await site.append(id, 1)
    await site.database.admin('delete from partywall.organizations where id = $1', [gone])
    await site.delivering({ '*': () => {} }, () => until(async () => (await site.pendingOf([gone, kept])) === 0))
    const sweep = (limit: number) =>
      site.tenancy.operator({ reason: 'test', actor: system }, (pool) =>
        pool.query(outboxStatements('"partywall"').sweep, [0, limit]),
      )
    const late = `update partywall.outbox set delivered_at = now() + interval '1 hour' where organization_id = '${gone}' and type = 'organization.purged'`
    await site.database.admin(late)
    await sweep(1000)
    expect(await streamsOf(gone)).toHaveLength(1)
    await site.database.admin(late.replace('+', '-'))
    await sweep(1000)
    expect(await streamsOf(gone)).toEqual([])
    expect(
      await site.database.admin(`select 1 from partywall.outbox_leases where organization_id = '${gone}'`),
    ).toEqual([])
    expect(await site.database.admin(`select 1 from partywall.outbox where organization_id = '${gone}'`)).toEqual([])
    expect(await streamsOf(kept)).toHaveLength(1)
    await site.append(kept, 2)
    const [next] = await site.database.admin('select position::int from partywall.outbox where organization_id = $1', [
      kept,
    ])
    expect(next).toEqual({ position: 3 })
  })
})
