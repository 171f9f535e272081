import type { CallerTransaction } from '@partywall/tenancy-core'
import { Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSites, system, untouched } from './member-site.fixture.ts'
import type { Sites } from './member-site.fixture.ts'

let sites: Sites
let { tenancy, organizations, newSite } = {} as Sites

beforeAll(async () => {
  sites = await createSites()
  ;({ tenancy, organizations, newSite } = sites)
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

describe('a write in the transaction of the caller', () => {
  let kysely: Kysely<object>
  beforeAll(() => {
    kysely = new Kysely<object>({ dialect: new PostgresDialect({ pool: tenancy.pool }) })
  })

  type Within = (work: (transaction: CallerTransaction) => Promise<void>) => Promise<void>
  const withinPg: Within = async (work) => {
    const client = await tenancy.pool.connect()
    try {
      await client.query('begin')
      await work(client)
      await client.query('commit')
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  }
  const withinKysely: Within = (work) => kysely.transaction().execute((transaction) => work(transaction))

  it.each([
    ['pg', withinPg],
    ['Kysely', withinKysely],
  ])('takes effect with it, and never without: %s', async (_, within) => {
    const { as, who } = await newSite()
    const failure = new Error('the caller changed its mind')
    const back = as('owner', () =>
      within(async (transaction) => {
        await organizations.transferOwnership({ userId: 'member' }, { transaction })
        throw failure
      }),
    )
    await expect(back).rejects.toBe(failure)
    expect(await who()).toEqual(untouched)
    await as('owner', () =>
      within(async (transaction) => {
        await organizations.removeMember({ userId: 'viewer' }, { transaction })
        await organizations.suspendMember({ userId: 'member' }, { transaction })
        expect(await who()).toEqual(untouched)
      }),
    )
    expect(await who()).toEqual(['admin: admin active', 'member: member suspended', 'owner: owner active'])
  })

  it('refuses with its code inside of it as well', async () => {
    const { as, who } = await newSite()
    for (const within of [withinPg, withinKysely]) {
      const attempt = as('owner', () => within((transaction) => organizations.leave({ transaction })))
      await expect(attempt).rejects.toMatchObject({ code: 'LAST_OWNER' })
    }
    expect(await who()).toEqual(untouched)
  })

  it('is one of an operator scope, where a system acts', async () => {
    const { id, as, who } = await newSite()
    await tenancy.operator({ reason: 'provision', actor: system }, () =>
      withinPg(async (transaction) => {
        const options = { transaction, organizationId: id }
        await organizations.addMember({ userId: 'new', role: 'admin' }, options)
        await organizations.removeMember({ userId: 'viewer' }, options)
        await organizations.changeRole({ userId: 'member', role: 'viewer' }, options)
        await organizations.suspendMember({ userId: 'admin' }, options)
        await organizations.create({
          slug: `beside-${id.slice(0, 8)}`,
          name: 'B',
          owner: { userId: 'bo' },
          actor: system,
          transaction,
        })
        expect(await who()).toEqual(untouched)
      }),
    )
    expect(await who()).toEqual([
      'admin: admin suspended',
      'member: viewer active',
      'new: admin active',
      'owner: owner active',
    ])
    expect(await organizations.listMine('bo')).toHaveLength(1)
    const own = as('owner', () =>
      withinPg(async (transaction) => {
        await organizations.addMember({ userId: 'spy', role: 'viewer' }, { transaction, organizationId: id })
      }),
    )
    await expect(own).rejects.toMatchObject({ code: '42501' })
    const without = organizations.addMember({ userId: 'spy', role: 'viewer' }, { organizationId: id })
    await expect(without).rejects.toMatchObject({ code: 'TRANSACTION_INVALID' })
  })
})
