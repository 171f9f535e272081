import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSites, system } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'
import { createOrganizations } from './organizations.ts'
import type { Organizations } from './organizations.ts'
import type { SubscriptionState } from './subscriptions.ts'

const hourMs = 3_600_000
const start = Date.now() - 100 * hourMs
const at = (hour: number): Date => new Date(start + hour * hourMs)

let sites: Sites
let organizations: Organizations
let site: Site
let other: Site

beforeAll(async () => {
  sites = await createSites()
  const catalog = {
    free: { repositories: 5, sso: false },
    pro: { repositories: 100, sso: true },
    enterprise: { repositories: 'unlimited', sso: true },
  } as const
  organizations = createOrganizations(sites.tenancy, { plans: { fallback: 'free', catalog } })
  other = await sites.newSite()
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

const set = (state: SubscriptionState, organizationId = site.id): Promise<string> =>
  organizations.setSubscription({ ...state, organizationId, actor: system })

const eventsOf = async (id: string): Promise<unknown[]> =>
  (
    await sites.database.admin<{ payload: unknown }>(
      `select payload from partywall.outbox where organization_id = $1 and type = 'subscription.changed' order by position`,
      [id],
    )
  ).map(({ payload }) => payload)

describe('a subscription', () => {
  beforeAll(async () => {
    site = await sites.newSite()
  })

  it('is none at first, and what is bought then, for that organization alone', async () => {
    expect(await site.as('viewer', () => organizations.subscription())).toMatchObject({
      plan: 'free',
      subscribedPlan: null,
      status: 'none',
      entitlements: { repositories: 5, sso: false },
    })
    const period = { currentPeriodStart: at(0), currentPeriodEnd: at(700) }
    expect(await set({ plan: 'pro', status: 'active', ...period, occurredAt: at(1) })).toBe('applied')
    expect(await site.as('viewer', () => organizations.subscription())).toMatchObject({
      ...period,
      plan: 'pro',
      subscribedPlan: 'pro',
      status: 'active',
      entitlements: { repositories: 100, sso: true },
    })
    expect(await organizations.entitlements(site.id)).toMatchObject({ plan: 'pro', periodEnd: at(700) })
    expect(await organizations.entitlement(other.id, 'repositories')).toBe(5)
    const seen = await other.as('owner', () => sites.tenancy.pool.query('select 1 from partywall.subscriptions'))
    expect(seen.rows).toEqual([])
  })

  it('is written by billing alone', async () => {
    const statements = [
      `update partywall.subscriptions set plan = 'enterprise', occurred_at = now()`,
      'delete from partywall.subscriptions',
      `insert into partywall.subscriptions (organization_id, plan, status, occurred_at) values ('${site.id}', 'pro', 'active', now())`,
      `select partywall.set_subscription('${site.id}', '{}')`,
    ]
    for (const statement of statements) {
      const query = site.as('owner', () => sites.tenancy.pool.query(statement))
      await expect(query, statement).rejects.toMatchObject({ code: '42501' })
    }
  })

  it('takes states in the order of billing, however they come', async () => {
    const canceled = { plan: 'pro', status: 'canceled', occurredAt: at(4) } as const
    expect(await set(canceled)).toBe('applied')
    expect(await set(canceled)).toBe('duplicate')
    expect(await set({ plan: 'enterprise', status: 'active', occurredAt: at(3) })).toBe('outdated')
    await expect(set({ ...canceled, status: 'active' })).rejects.toMatchObject({ code: 'SUBSCRIPTION_CONFLICT' })
    expect(await set({ ...canceled, status: 'past_due', sequence: 2 })).toBe('applied')
    expect(await set({ ...canceled, status: 'active', sequence: 1 })).toBe('outdated')
    expect(await organizations.entitlement(site.id, 'sso')).toBe(true)
    for (const statement of [
      `update partywall.subscriptions set plan = 'free', occurred_at = occurred_at - interval '1 second'`,
      `update partywall.subscriptions set plan = 'free'`,
    ]) {
      await expect(sites.database.admin(statement), statement).rejects.toMatchObject({ code: 'PW051' })
    }
  })

  it('takes any number of states that come at once for the last of them', async () => {
    const fresh = await sites.newSite()
    const hours = Array.from({ length: 24 }, (_, hour) => hour).toSorted(() => Math.random() - 0.5)
    const plans = ['free', 'pro', 'enterprise']
    await Promise.all(
      hours.map((hour) => set({ plan: plans[hour % 3] as string, status: 'active', occurredAt: at(hour) }, fresh.id)),
    )
    expect(await fresh.as('owner', () => organizations.subscription())).toMatchObject({ plan: 'enterprise' })
    const told = (await eventsOf(fresh.id)) as { plan: string; planBefore: string | null }[]
    expect(told.every(({ planBefore }, n) => planBefore === (told[n - 1]?.plan ?? null))).toBe(true)
    expect(told.at(-1)?.plan).toBe('enterprise')
  })

  it.each([
    ['a trial without an end', { status: 'trialing' }],
    ['a state that there is not', { status: 'nearly' }],
    ['a period that ends before it begins', { currentPeriodStart: at(2), currentPeriodEnd: at(1) }],
    ['a time to come', { occurredAt: new Date(Date.now() + hourMs) }],
    ['no time', { occurredAt: undefined }],
    ['seats below zero', { seats: -1 }],
    ['a part of a seat', { seats: 0.5 }],
    ['an override that no plan has', { overrides: { rockets: 5 } }],
    ['an override of another kind', { overrides: { sso: 5 } }],
    ['another member', { price: 5 }],
  ])('is refused with %s', async (_, part) => {
    const state = { plan: 'pro', status: 'active', occurredAt: at(50), ...part } as SubscriptionState
    await expect(set(state, other.id)).rejects.toMatchObject({ code: 'SUBSCRIPTION_INVALID' })
    expect(await eventsOf(other.id)).toEqual([])
  })

  it('is refused for a plan that is not sold, an organization that is none, and a key that no plan has', async () => {
    const state = { plan: 'pro', status: 'active', occurredAt: at(50) } as const
    await expect(set({ ...state, plan: 'gold' })).rejects.toMatchObject({ code: 'SUBSCRIPTION_PLAN_UNKNOWN' })
    for (const id of ['x', '00000000-0000-4000-8000-000000000000']) {
      await expect(set(state, id)).rejects.toMatchObject({ code: 'ORGANIZATION_UNKNOWN' })
    }
    for (const key of ['rockets', 'toString', '']) {
      await expect(organizations.entitlement(site.id, key)).rejects.toMatchObject({ code: 'ENTITLEMENT_UNKNOWN' })
    }
  })
})

describe('what has run out', () => {
  it('counts for nothing, though nobody has written so', async () => {
    const trial = await sites.newSite()
    const soon = new Date(Date.now() + hourMs)
    const overrides = { repositories: 7 }
    await set({ plan: 'pro', status: 'trialing', trialEndsAt: soon, overrides, occurredAt: at(1) }, trial.id)
    const read = (): Promise<unknown> => trial.as('owner', () => organizations.subscription())
    expect(await read()).toMatchObject({
      plan: 'pro',
      status: 'trialing',
      entitlements: { repositories: 7, sso: true },
    })
    await set({ plan: 'pro', status: 'trialing', trialEndsAt: at(2), occurredAt: at(2) }, trial.id)
    expect(await read()).toMatchObject({ plan: 'free', subscribedPlan: 'pro', status: 'expired' })
    expect(await organizations.entitlement(trial.id, 'repositories')).toBe(5)
    await set({ plan: 'pro', status: 'active', endsAt: at(3), occurredAt: at(3) }, trial.id)
    expect(await read()).toMatchObject({ plan: 'free', status: 'canceled' })
    await set({ plan: 'pro', status: 'active', endsAt: soon, occurredAt: at(4) }, trial.id)
    expect(await read()).toMatchObject({ plan: 'pro', status: 'active', entitlements: { repositories: 7 } })
  })
})

describe('the seats of a subscription', () => {
  it('are the limit, and come down with the members where there are more of them', async () => {
    const small = await sites.newSite()
    const limit = (): Promise<unknown> => small.as('owner', async () => (await organizations.current()).seatLimit)
    const state = { plan: 'pro', status: 'active' } as const
    await set({ ...state, seats: 2, occurredAt: at(1) }, small.id)
    expect(await limit()).toBe(4)
    const added = (userId: string): Promise<unknown> =>
      small.as('owner', () => organizations.addMember({ userId, role: 'viewer' }))
    await expect(added('new')).rejects.toMatchObject({ code: 'SEATS_EXHAUSTED' })
    for (const userId of ['viewer', 'member', 'admin']) {
      await small.as('owner', () => organizations.removeMember({ userId }))
    }
    expect(await limit()).toBe(2)
    await added('new')
    await expect(added('newer')).rejects.toMatchObject({ code: 'SEATS_EXHAUSTED' })
    const byHand = organizations.setSeatLimit({ organizationId: small.id, seatLimit: 50, actor: system })
    await expect(byHand).rejects.toMatchObject({ code: 'SEATS_SUBSCRIBED' })
    await set({ ...state, occurredAt: at(2) }, small.id)
    expect(await limit()).toBe(2)
    await set({ ...state, seats: null, occurredAt: at(3) }, small.id)
    expect(await limit()).toBeNull()
    await organizations.setSeatLimit({ organizationId: small.id, seatLimit: 50, actor: system })
    expect(await limit()).toBe(50)
  })

  it('are those of the plan where the plan has some', async () => {
    const catalog = { free: { seats: 3 }, pro: { seats: 20 }, enterprise: { seats: 'unlimited' } } as const
    const sold = createOrganizations(sites.tenancy, { plans: { fallback: 'free', catalog } })
    const { id, as } = await sites.newSite()
    const seats: unknown[] = []
    for (const [hour, plan] of ['pro', 'enterprise', 'pro'].entries()) {
      await sold.setSubscription({ organizationId: id, plan, status: 'active', occurredAt: at(hour), actor: system })
      seats.push(await as('owner', async () => (await sold.current()).seatLimit))
    }
    expect(seats).toEqual([20, null, 20])
  })
})

describe('subscription.changed', () => {
  it('is told once for each change, whoever writes, and not for what is rolled back or changes nothing', async () => {
    const { id } = await sites.newSite()
    const state = { plan: 'pro', status: 'active', seats: 9, occurredAt: at(1) } as const
    await set(state, id)
    await set({ ...state, occurredAt: at(2) }, id)
    const rolledBack = sites.tenancy.operator({ reason: 'test', actor: system }, async (pool) => {
      const client = await pool.connect()
      await client.query('begin')
      const given = { ...state, plan: 'enterprise', occurredAt: at(3), organizationId: id, actor: system }
      await organizations.setSubscription({ ...given, transaction: client })
      expect(await organizations.entitlement(id, 'repositories', { transaction: client })).toBe('unlimited')
      await client.query('rollback')
      client.release()
    })
    await rolledBack
    const where = `where organization_id = '${id}'`
    await sites.database.admin(`update partywall.subscriptions set status = 'paused', occurred_at = now() ${where}`)
    await sites.database.admin(`delete from partywall.subscriptions ${where}`)
    const none = { planBefore: null, statusBefore: null, seatsBefore: null }
    expect(await eventsOf(id)).toEqual([
      { plan: 'pro', status: 'active', seats: 9, ...none },
      { plan: 'pro', status: 'paused', seats: 9, planBefore: 'pro', statusBefore: 'active', seatsBefore: 9 },
      { plan: null, status: null, seats: null, planBefore: 'pro', statusBefore: 'paused', seatsBefore: 9 },
    ])
  })
})
