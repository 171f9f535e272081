import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSites, system } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'
import { createOrganizations } from './organizations.ts'
import type { Organizations } from './organizations.ts'

const clerk = { type: 'user', id: 'clerk' } as const

let sites: Sites
let organizations: Organizations

beforeAll(async () => {
  sites = await createSites()
  const plans = { fallback: 'free', catalog: { free: { repositories: 5 }, pro: { repositories: 100 } } } as const
  organizations = createOrganizations(sites.tenancy, { plans })
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

/** The events that work appends, whose organization may be gone by then. */
async function toldBy(work: () => Promise<unknown>): Promise<readonly { type: string; actor: unknown }[]> {
  const sql = 'select type, actor from partywall.outbox order by created_at, organization_id, position'
  const before = await sites.database.admin(sql)
  await work()
  return (await sites.database.admin<{ type: string; actor: unknown }>(sql)).slice(before.length)
}

const works: readonly (readonly [event: string, what: string, work: (site: Site) => Promise<unknown>])[] = [
  [
    'organization.created',
    'creates one',
    () => organizations.create({ slug: 'made', name: 'Made', owner: { userId: 'o' }, actor: clerk }),
  ],
  ['organization.suspended', 'suspends one', ({ id }) => organizations.suspend({ organizationId: id, actor: clerk })],
  [
    'subscription.changed',
    'sets a subscription',
    ({ id }) =>
      organizations.setSubscription({
        organizationId: id,
        plan: 'pro',
        status: 'active',
        occurredAt: new Date(),
        actor: clerk,
      }),
  ],
  [
    'member.added',
    'imports members',
    async ({ id }) => {
      await sites.database.admin("insert into users (id, email) values ('imported', 'imported@example.com')")
      return await organizations.importMembers({ users: { table: 'users' }, organization: id, actor: clerk })
    },
  ],
  [
    'organization.purged',
    'purges one',
    async (site) => {
      await site.as('owner', () => organizations.delete({ graceSeconds: 0 }))
      return await organizations.purge({ actor: clerk, erase: async () => {} })
    },
  ],
]

describe('events of the operator', () => {
  it.each(works)('tell who it is: %s, when it %s', async (event, _, work) => {
    const site = await sites.newSite()
    const told = (await toldBy(() => work(site))).filter(({ type }) => type === event)
    expect(told.length).toBeGreaterThan(0)
    for (const { actor } of told) expect(actor).toEqual(clerk)
  })

  it('tell it in a transaction of an operator scope, and not what a user wrote before', async () => {
    const { id } = await sites.newSite()
    const told = await toldBy(() =>
      sites.tenancy.operator({ reason: 'test', actor: clerk }, async (pool) => {
        const transaction = await pool.connect()
        await transaction.query("begin; select set_config('partywall.acting_user', 'somebody', true)")
        const options = { transaction, organizationId: id }
        await organizations.addMember({ userId: 'new', role: 'viewer' }, options)
        await organizations.changeRole({ userId: 'new', role: 'member' }, options)
        await transaction.query('commit')
        transaction.release()
      }),
    )
    expect(told).toEqual([
      { type: 'member.added', actor: clerk },
      { type: 'member.role_changed', actor: clerk },
    ])
  })

  it('tell nobody where SQL was written by hand, and nobody of the transaction before', async () => {
    const { id } = await sites.newSite()
    const told = await toldBy(() =>
      sites.tenancy.operator({ reason: 'test', actor: clerk }, async (pool) => {
        await pool.query(
          "update partywall.memberships set role = 'viewer' where organization_id = $1 and user_id = 'member'",
          [id],
        )
      }),
    )
    expect(told).toEqual([{ type: 'member.role_changed', actor: null }])
  })

  it.each(['\0nul', 'x'.repeat(5000), `x${'\u{1f600}'.repeat(3000)}`, '\ud800', '"\\'])(
    'take the id %j',
    async (id) => {
      const site = await sites.newSite()
      const actor = { type: 'system', id } as const
      const told = await toldBy(() => organizations.suspend({ organizationId: site.id, actor }))
      expect(told).toMatchObject([{ type: 'organization.suspended', actor: { type: 'system' } }])
    },
  )

  it('leave those of a user to the user', async () => {
    const { id, as } = await sites.newSite()
    const told = await toldBy(() => as('owner', () => organizations.addMember({ userId: 'new', role: 'viewer' })))
    expect(told).toEqual([{ type: 'member.added', actor: { type: 'user', id: 'owner' } }])
    const byNobody = await toldBy(() =>
      sites.tenancy.run({ organizationId: id, actor: system }, () => organizations.removeMember({ userId: 'new' })),
    )
    expect(byNobody).toEqual([{ type: 'member.removed', actor: system }])
  })
})
