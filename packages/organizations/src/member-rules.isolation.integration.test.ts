import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSites, system, untouched } from './member-site.fixture.ts'
import type { Sites } from './member-site.fixture.ts'

let sites: Sites
let { tenancy, organizations, database, newSite } = {} as Sites

beforeAll(async () => {
  sites = await createSites()
  ;({ tenancy, organizations, database, newSite } = sites)
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

describe('the seats of an organization', () => {
  it('are as many as are allowed, under any number of callers', async () => {
    const { id, as } = await newSite(10)
    const add = (at: number): Promise<unknown> =>
      tenancy.run({ organizationId: id, actor: system }, () =>
        organizations.addMember({ userId: `many-${at}`, role: 'viewer' }),
      )
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => add(at)))
    const codes = results.map((result) =>
      result.status === 'rejected' ? (result.reason as { code: string }).code : '',
    )
    expect(codes.filter((code) => code === '')).toHaveLength(6)
    expect(codes.filter((code) => code === 'SEATS_EXHAUSTED')).toHaveLength(14)
    expect(await as('owner', () => organizations.current())).toMatchObject({ memberCount: 10, seatLimit: 10 })
  })

  it('are given back by who is suspended, and taken again', async () => {
    const { id, as } = await newSite(4)
    const add = () =>
      tenancy.run({ organizationId: id, actor: system }, () =>
        organizations.addMember({ userId: 'new', role: 'viewer' }),
      )
    await expect(add()).rejects.toMatchObject({ code: 'SEATS_EXHAUSTED' })
    await as('owner', () => organizations.suspendMember({ userId: 'viewer' }))
    await add()
    const back = as('owner', () => organizations.reactivateMember({ userId: 'viewer' }))
    await expect(back).rejects.toMatchObject({ code: 'SEATS_EXHAUSTED' })
  })

  it('are not fewer than the members, and are unlimited without a limit', async () => {
    const { id, as } = await newSite(4)
    const set = (seatLimit: number | null) =>
      organizations.setSeatLimit({ organizationId: id, seatLimit, actor: system })
    await expect(set(3)).rejects.toMatchObject({ code: 'SEATS_EXHAUSTED' })
    await set(null)
    await tenancy.run({ organizationId: id, actor: system }, () =>
      organizations.addMember({ userId: 'new', role: 'viewer' }),
    )
    expect(await as('owner', () => organizations.current())).toMatchObject({ memberCount: 5, seatLimit: null })
  })
})

describe('what hand-written SQL does to members', () => {
  it.each([
    ['delete from partywall.memberships where organization_id = $1', 'PW002'],
    ["update partywall.memberships set role = 'viewer' where organization_id = $1", 'PW002'],
    ["update partywall.memberships set status = 'suspended' where organization_id = $1 and role = 'owner'", 'PW002'],
    ["update partywall.memberships set status = 'pending' where organization_id = $1 and role = 'owner'", 'PW002'],
    [
      `insert into partywall.memberships (organization_id, user_id, role)
       select $1, 'bulk ' || n, 'viewer' from generate_series(1, 5) n`,
      'PW003',
    ],
    ['update partywall.organizations set owner_count = 0 where id = $1', 'PW010'],
    ['update partywall.organizations set member_count = 0 where id = $1', 'PW010'],
    ['update partywall.organizations set seat_limit = 1 where id = $1', 'PW003'],
    ["update partywall.memberships set role = 'king' where organization_id = $1", '23503'],
  ])('is refused where a rule would break: %s', async (sql, code) => {
    const { id, who } = await newSite(8)
    await expect(database.admin(sql, [id])).rejects.toMatchObject({ code })
    expect(await who()).toEqual(untouched)
  })

  it('is refused where nothing could be counted', async () => {
    await expect(database.admin('truncate partywall.memberships')).rejects.toMatchObject({ code: 'PW010' })
    await expect(database.admin('truncate partywall.organizations cascade')).rejects.toMatchObject({ code: 'PW010' })
  })

  it('takes the members along with the organization', async () => {
    const { id, who } = await newSite()
    await database.admin('delete from partywall.organizations where id = $1', [id])
    expect(await who()).toEqual([])
  })

  it('moves a member to another organization, and both count', async () => {
    const [first, second] = [await newSite(), await newSite()]
    await database.admin(
      "update partywall.memberships set organization_id = $2, user_id = 'moved' where organization_id = $1 and user_id = 'viewer'",
      [first.id, second.id],
    )
    expect(await first.as('owner', () => organizations.current())).toMatchObject({ memberCount: 3 })
    expect(await second.as('owner', () => organizations.current())).toMatchObject({ memberCount: 5 })
  })
})

describe('the last of two owners', () => {
  it.each(['read committed', 'repeatable read', 'serializable'])('stays when both go at once, at %s', async (level) => {
    for (let turn = 0; turn < 10; turn += 1) {
      const { id, as } = await newSite()
      await as('owner', () => organizations.changeRole({ userId: 'admin', role: 'owner' }))
      const leaving = ['owner', 'admin'].map((userId) =>
        as(userId, async () => {
          const client = await tenancy.pool.connect()
          try {
            await client.query(`begin isolation level ${level}`)
            await client.query('select count(*) from partywall.memberships')
            await organizations.leave({ transaction: client })
            await client.query('commit')
          } catch (error) {
            await client.query('rollback')
            throw error
          } finally {
            client.release()
          }
        }),
      )
      const left = (await Promise.allSettled(leaving)).filter(({ status }) => status === 'fulfilled')
      expect(left.length).toBeLessThanOrEqual(1)
      const [row] = await database.admin<{ count: number; owners: number }>(
        `select owner_count as count, (select count(*)::int from partywall.memberships m
           where m.organization_id = o.id and m.role = 'owner' and m.status = 'active') as owners
         from partywall.organizations o where id = $1`,
        [id],
      )
      expect(row?.owners).toBeGreaterThanOrEqual(1)
      expect(row?.count).toBe(row?.owners)
    }
  })
})
