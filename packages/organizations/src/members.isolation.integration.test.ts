import type { Actor } from '@partywall/tenancy-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSites, system, untouched } from './member-site.fixture.ts'
import type { Sites } from './member-site.fixture.ts'
import type { Organizations } from './organizations.ts'

let sites: Sites
let { tenancy, organizations, events, newSite } = {} as Sites

beforeAll(async () => {
  sites = await createSites()
  ;({ tenancy, organizations, events, newSite } = sites)
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

describe('a member of an organization', () => {
  it('is given another role by who stands above', async () => {
    const { as, who } = await newSite()
    const changed = await as('owner', () => organizations.changeRole({ userId: 'member', role: 'admin' }))
    expect(changed).toMatchObject({ userId: 'member', role: 'admin', status: 'active', createdAt: expect.any(Date) })
    await as('admin', () => organizations.changeRole({ userId: 'viewer', role: 'member' }))
    expect(await who()).toEqual([
      'admin: admin active',
      'member: admin active',
      'owner: owner active',
      'viewer: member active',
    ])
  })

  it('is suspended, keeps the membership, and comes back', async () => {
    const { as, who } = await newSite()
    const suspended = await as('admin', () => organizations.suspendMember({ userId: 'member' }))
    expect(suspended).toMatchObject({ role: 'member', status: 'suspended' })
    const refused = as('member', () => organizations.changeRole({ userId: 'viewer', role: 'member' }))
    await expect(refused).rejects.toMatchObject({ code: 'ACTOR_NOT_MEMBER' })
    await as('admin', () => organizations.reactivateMember({ userId: 'member' }))
    expect(await who()).toEqual(untouched)
  })

  it('does not leave a suspension behind, and goes with it when another removes them', async () => {
    const { as, who } = await newSite()
    await as('admin', () => organizations.suspendMember({ userId: 'member' }))
    const before = await who()
    await expect(as('member', () => organizations.leave())).rejects.toMatchObject({ code: 'MEMBERSHIP_SUSPENDED' })
    expect(await who()).toEqual(before)
    await as('admin', () => organizations.removeMember({ userId: 'member' }))
    expect(await who()).not.toContain('member: member suspended')
  })

  it('is removed, and leaves, whatever the role', async () => {
    const { as, who } = await newSite()
    await as('admin', () => organizations.removeMember({ userId: 'member' }))
    await as('viewer', () => organizations.leave())
    await as('admin', () => organizations.leave())
    expect(await who()).toEqual(['owner: owner active'])
  })

  it('becomes the owner in place of the owner, at once', async () => {
    const { as, who } = await newSite()
    await as('owner', () => organizations.transferOwnership({ userId: 'member', formerRole: 'viewer' }))
    expect(await who()).toEqual([
      'admin: admin active',
      'member: owner active',
      'owner: viewer active',
      'viewer: viewer active',
    ])
  })
})

type Call = (organizations: Organizations) => Promise<unknown>

const refused: readonly (readonly [string, string, Call])[] = [
  ['admin', 'RANK_TOO_LOW', (o) => o.changeRole({ userId: 'owner', role: 'member' })],
  ['admin', 'RANK_TOO_LOW', (o) => o.changeRole({ userId: 'member', role: 'owner' })],
  ['admin', 'RANK_TOO_LOW', (o) => o.changeRole({ userId: 'member', role: 'admin' })],
  ['admin', 'RANK_TOO_LOW', (o) => o.changeRole({ userId: 'admin', role: 'owner' })],
  ['admin', 'RANK_TOO_LOW', (o) => o.suspendMember({ userId: 'owner' })],
  ['admin', 'RANK_TOO_LOW', (o) => o.removeMember({ userId: 'owner' })],
  ['admin', 'RANK_TOO_LOW', (o) => o.addMember({ userId: 'new', role: 'owner' })],
  ['admin', 'RANK_TOO_LOW', (o) => o.addMember({ userId: 'new', role: 'admin' })],
  ['admin', 'PERMISSION_DENIED', (o) => o.transferOwnership({ userId: 'member' })],
  ['admin', 'PERMISSION_DENIED', (o) => o.delete()],
  ['member', 'PERMISSION_DENIED', (o) => o.changeRole({ userId: 'viewer', role: 'member' })],
  ['member', 'PERMISSION_DENIED', (o) => o.removeMember({ userId: 'viewer' })],
  ['member', 'PERMISSION_DENIED', (o) => o.addMember({ userId: 'new', role: 'viewer' })],
  ['member', 'PERMISSION_DENIED', (o) => o.update({ name: 'Mine' })],
  ['viewer', 'PERMISSION_DENIED', (o) => o.suspendMember({ userId: 'member' })],
  ['stranger', 'ACTOR_NOT_MEMBER', (o) => o.changeRole({ userId: 'viewer', role: 'member' })],
  ['stranger', 'ACTOR_NOT_MEMBER', (o) => o.removeMember({ userId: 'viewer' })],
  ['stranger', 'ACTOR_NOT_MEMBER', (o) => o.addMember({ userId: 'stranger', role: 'viewer' })],
  ['stranger', 'MEMBER_UNKNOWN', (o) => o.leave()],
  ['owner', 'LAST_OWNER', (o) => o.leave()],
  ['owner', 'LAST_OWNER', (o) => o.changeRole({ userId: 'owner', role: 'admin' })],
  ['owner', 'LAST_OWNER', (o) => o.suspendMember({ userId: 'owner' })],
  ['owner', 'LAST_OWNER', (o) => o.removeMember({ userId: 'owner' })],
  ['owner', 'MEMBER_UNKNOWN', (o) => o.changeRole({ userId: 'nobody', role: 'member' })],
  ['owner', 'MEMBER_UNKNOWN', (o) => o.removeMember({ userId: 'nobody' })],
  ['owner', 'MEMBER_UNKNOWN', (o) => o.transferOwnership({ userId: 'owner' })],
  ['owner', 'MEMBER_UNKNOWN', (o) => o.transferOwnership({ userId: 'nobody' })],
  ['owner', 'ROLE_UNKNOWN', (o) => o.changeRole({ userId: 'member', role: 'king' })],
  ['owner', 'ROLE_UNKNOWN', (o) => o.transferOwnership({ userId: 'member', formerRole: 'king' })],
  ['owner', 'MEMBER_EXISTS', (o) => o.addMember({ userId: 'viewer', role: 'viewer' })],
]

describe('members', () => {
  it('are not changed by whom the database refuses', async () => {
    const { as, who } = await newSite()
    for (const [userId, code, call] of refused) {
      await expect(
        as(userId, () => call(organizations)),
        `${userId}: ${call.toString()}`,
      ).rejects.toMatchObject({ code })
    }
    expect(await who()).toEqual(untouched)
  })

  it('are changed by a system as the operator, in the audit trail, above owners', async () => {
    const { id, who } = await newSite()
    events.length = 0
    await tenancy.run({ organizationId: id, actor: system }, async () => {
      await organizations.changeRole({ userId: 'member', role: 'owner' })
      await organizations.removeMember({ userId: 'owner' })
      await expect(organizations.suspendMember({ userId: 'member' })).rejects.toMatchObject({ code: 'LAST_OWNER' })
      await expect(organizations.leave()).rejects.toMatchObject({ code: 'ACTOR_REQUIRED' })
    })
    expect(await who()).toEqual(['admin: admin active', 'member: owner active', 'viewer: viewer active'])
    expect(events.filter(({ type }) => type === 'operator.opened')).toMatchObject([
      { reason: 'change the role of a member', actor: system },
      { reason: 'remove a member', actor: system },
      { reason: 'suspend a member', actor: system },
    ])
  })

  it.each([undefined, { type: 'api-key', id: 'k' }] satisfies (Actor | undefined)[])(
    'are not changed by %j',
    async (actor) => {
      const { id, who } = await newSite()
      const attempt = tenancy.run({ organizationId: id, actor }, () => organizations.removeMember({ userId: 'viewer' }))
      await expect(attempt).rejects.toMatchObject({ code: 'ACTOR_REQUIRED' })
      expect(await who()).toEqual(untouched)
    },
  )

  it('of another organization are out of reach, whoever asks', async () => {
    const [first, second] = [await newSite(), await newSite()]
    await tenancy.run({ organizationId: second.id, actor: system }, () =>
      organizations.addMember({ userId: 'only-here', role: 'viewer' }),
    )
    const attempts = Array.from({ length: 16 }, () =>
      first.as('owner', () => organizations.removeMember({ userId: 'only-here' })),
    )
    for (const result of await Promise.allSettled(attempts)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'MEMBER_UNKNOWN' } })
    }
    expect(await second.who()).toContain('only-here: viewer active')
  })

  it('cannot be written through the functions of the operator', async () => {
    const { id, as, who } = await newSite()
    const calls = [
      `partywall.change_member('${id}', null, 'viewer', 'owner', null)`,
      `partywall.drop_member('${id}', null, 'viewer')`,
      `partywall.add_member('${id}', null, 'spy', 'viewer')`,
      `partywall.lock_organization('${id}', null, 'x')`,
    ]
    for (const call of calls) {
      await expect(as('owner', () => tenancy.pool.query(`select ${call}`))).rejects.toMatchObject({ code: '42501' })
    }
    expect(await who()).toEqual(untouched)
  })

  it('are written by nobody where the call names nobody', async () => {
    const { as, who } = await newSite()
    for (const acting of ['null', "''"]) {
      for (const call of [
        `change_member_role(${acting}, 'viewer', 'member')`,
        `change_member_status(${acting}, 'viewer', 'suspended')`,
        `remove_member(${acting}, 'viewer')`,
        `transfer_ownership(${acting}, 'viewer', 'admin')`,
        `update_organization(${acting}, '{"name":"x"}', null)`,
        `delete_organization(${acting}, 0)`,
      ]) {
        const attempt = as('owner', () => tenancy.pool.query(`select partywall.${call}`))
        await expect(attempt, call).rejects.toMatchObject({ code: 'PW007' })
      }
    }
    expect(await who()).toEqual(untouched)
  })
})
