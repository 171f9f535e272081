import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InvitationMessage } from './invitations.ts'
import { createSites, system } from './member-site.fixture.ts'
import type { Sites } from './member-site.fixture.ts'
import { createOrganizations } from './organizations.ts'
import type { Organizations } from './organizations.ts'

let sites: Sites
let { tenancy, organizations, database, newSite } = {} as Sites

beforeAll(async () => {
  sites = await createSites()
  ;({ tenancy, organizations, database, newSite } = sites)
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

const bob = { email: 'bob@example.com', role: 'member' } as const

async function tokenOf(
  site: Awaited<ReturnType<Sites['newSite']>>,
  invitation = bob as { email: string; role: string },
) {
  const { token = '' } = await site.as('owner', () => organizations.invite(invitation))
  return token
}

const touching: readonly ((o: Organizations, id: string) => Promise<unknown>)[] = [
  (o, id) => o.resendInvitation({ id }),
  (o, id) => o.revokeInvitation({ id }),
]

const accept = (token: string, userId = 'bob', email: string = bob.email) =>
  organizations.acceptInvitation({ token, userId, email })

describe('an invitation', () => {
  it('makes who holds the token and has the address a member, once', async () => {
    const site = await newSite()
    const token = await tokenOf(site, { email: ' Bob@Example.COM ', role: 'admin' })
    expect(await organizations.findInvitation(token)).toMatchObject({ email: bob.email, role: 'admin', name: 'Site' })
    const accepted = await accept(token, 'bob', 'BOB@example.com')
    expect(accepted).toMatchObject({ organizationId: site.id, userId: 'bob', role: 'admin', status: 'active' })
    expect(await site.who()).toContain('bob: admin active')
    await expect(accept(token, 'eve')).rejects.toMatchObject({ code: 'INVITATION_UNUSABLE' })
    expect(await organizations.findInvitation(token)).toBeUndefined()
    const [listed] = await site.as('viewer', () => organizations.invitations())
    expect(listed).toMatchObject({ status: 'accepted', acceptedBy: 'bob', invitedBy: 'owner' })
  })

  it('is kept by the digest of its token alone', async () => {
    const token = await tokenOf(await newSite())
    const dump = await database.admin<{ line: string }>(
      'select i::text as line from partywall.invitations i union all select t::text from partywall.invitation_tokens t',
    )
    expect(dump.some(({ line }) => line.includes(token))).toBe(false)
    await expect(
      tenancy.bootstrap(() => tenancy.pool.query('select * from partywall.invitation_tokens')),
    ).rejects.toMatchObject({
      code: '42501',
    })
  })

  it('is for one address, and stays when another one tries', async () => {
    const site = await newSite()
    const token = await tokenOf(site)
    await expect(accept(token, 'eve', 'bob+eve@example.com')).rejects.toMatchObject({
      code: 'INVITATION_OTHER_ADDRESS',
    })
    await accept(token, 'bob', 'any')
    expect(await site.who()).toContain('bob: member active')
  })

  it('is dead once it is resent, revoked or expired, and all of it looks alike', async () => {
    const site = await newSite()
    const old = await tokenOf(site)
    const [first] = await site.as('owner', () => organizations.invitations())
    const id = first?.id ?? ''
    const { token: fresh = '' } = await site.as('admin', () => organizations.resendInvitation({ id }))
    await expect(accept(old)).rejects.toMatchObject({ code: 'INVITATION_UNUSABLE' })
    await database.admin("update partywall.invitations set expires_at = now() - interval '1 second' where id = $1", [
      id,
    ])
    await expect(accept(fresh)).rejects.toMatchObject({ code: 'INVITATION_UNUSABLE' })
    expect(await site.as('owner', () => organizations.invitations())).toMatchObject([{ status: 'expired' }])
    const again = await tokenOf(site)
    const pending = (await site.as('owner', () => organizations.invitations())).find(
      ({ status }) => status === 'pending',
    )
    await site.as('owner', () => organizations.revokeInvitation({ id: pending?.id ?? '' }))
    await expect(accept(again)).rejects.toMatchObject({ code: 'INVITATION_UNUSABLE' })
    await expect(accept('nonsense')).rejects.toMatchObject({ code: 'INVITATION_UNUSABLE' })
  })

  const demotions: readonly (readonly [string, (o: Organizations) => Promise<unknown>])[] = [
    ['demoted', (o: Organizations) => o.changeRole({ userId: 'admin', role: 'viewer' })],
    ['suspended', (o: Organizations) => o.suspendMember({ userId: 'admin' })],
    ['removed', (o: Organizations) => o.removeMember({ userId: 'admin' })],
  ]

  it.each(demotions)('of an inviter who was %s since is of no use until another resends it', async (_, demote) => {
    const site = await newSite()
    const { id, token = '' } = await site.as('admin', () => organizations.invite(bob))
    await site.as('owner', () => demote(organizations))
    await expect(accept(token)).rejects.toMatchObject({ code: 'INVITATION_UNUSABLE' })
    const { token: fresh = '' } = await site.as('owner', () => organizations.resendInvitation({ id }))
    await accept(fresh)
    expect(await site.who()).toContain('bob: member active')
  })

  it('of a suspended organization is of no use', async () => {
    const site = await newSite()
    const token = await tokenOf(site)
    await organizations.suspend({ organizationId: site.id, actor: system })
    await expect(accept(token)).rejects.toMatchObject({ code: 'INVITATION_UNUSABLE' })
    expect(await organizations.findInvitation(token)).toBeUndefined()
  })

  it('waits for a seat, and makes nobody a member twice', async () => {
    const site = await newSite(4)
    const token = await tokenOf(site)
    await expect(accept(token)).rejects.toMatchObject({ code: 'SEATS_EXHAUSTED' })
    await site.as('owner', () => organizations.suspendMember({ userId: 'viewer' }))
    await expect(accept(token, 'viewer')).rejects.toMatchObject({ code: 'MEMBER_EXISTS' })
    await accept(token)
  })

  it('is neither seen nor touched from another organization', async () => {
    const [mine, other] = [await newSite(), await newSite()]
    const { id } = await other.as('owner', () => organizations.invite(bob))
    expect(await mine.as('owner', () => organizations.invitations())).toEqual([])
    for (const call of touching) {
      await expect(mine.as('owner', () => call(organizations, id))).rejects.toMatchObject({
        code: 'INVITATION_UNKNOWN',
      })
    }
    await mine.as('owner', () => organizations.invite(bob))
    expect(await other.as('owner', () => organizations.invitations())).toMatchObject([{ id, status: 'pending' }])
  })

  it('is not written by the statements of the application', async () => {
    const site = await newSite()
    const statements = [
      `insert into partywall.invitations (organization_id, email, role, expires_at) values ('${site.id}', 'a@b', 'owner', now())`,
      "update partywall.invitations set role = 'owner'",
      'delete from partywall.invitations',
      `select partywall.add_invitation('${site.id}', null, 'a@b', 'owner', sha256('x'), 60)`,
    ]
    for (const sql of statements) {
      await expect(site.as('owner', () => tenancy.pool.query(sql))).rejects.toMatchObject({ code: '42501' })
    }
  })

  it('is listed in pages', async () => {
    const site = await newSite()
    for (const name of ['c', 'a', 'b']) await tokenOf(site, { email: `${name}@example.com`, role: 'viewer' })
    const page = await site.as('owner', () => organizations.invitations({ limit: 2 }))
    const rest = await site.as('owner', () => organizations.invitations({ limit: 2, after: page[1]?.id }))
    expect([...page, ...rest].map(({ email }) => email)).toEqual(['a@example.com', 'b@example.com', 'c@example.com'])
    expect(await site.as('owner', () => organizations.invitations({ after: nobody }))).toEqual([])
  })
})

describe('the mailer', () => {
  it('is given the token after the commit, which nobody else is; its failure takes nothing back', async () => {
    const sent: InvitationMessage[] = []
    let works = true
    const mailing = createOrganizations(tenancy, {
      mailer: {
        send: async (message) => {
          if (!works) throw new Error('no connection')
          expect(await organizations.findInvitation(message.token)).toBeDefined()
          sent.push(message)
        },
      },
    })
    const site = await newSite()
    const issued = await site.as('owner', () => mailing.invite(bob))
    expect(issued).toMatchObject({ delivery: 'sent', email: bob.email })
    expect(issued).not.toHaveProperty('token')
    expect(sent).toMatchObject([{ email: bob.email, organizationId: site.id, invitedBy: 'owner' }])
    works = false
    const failed = await site.as('owner', () => mailing.resendInvitation({ id: issued.id }))
    expect(failed).toMatchObject({ delivery: 'failed' })
    works = true
    await site.as('owner', () => mailing.resendInvitation({ id: issued.id }))
    await accept(sent[1]?.token ?? '')
    expect(await site.who()).toContain('bob: member active')
  })
})

type Call = (organizations: Organizations) => Promise<unknown>
const nobody = '00000000-0000-4000-8000-000000000000'

const refused: readonly (readonly [string, string, Call])[] = [
  ['member', 'PERMISSION_DENIED', (o) => o.invite(bob)],
  ['viewer', 'PERMISSION_DENIED', (o) => o.invite(bob)],
  ['stranger', 'ACTOR_NOT_MEMBER', (o) => o.invite(bob)],
  ['admin', 'RANK_TOO_LOW', (o) => o.invite({ ...bob, role: 'admin' })],
  ['admin', 'RANK_TOO_LOW', (o) => o.invite({ ...bob, role: 'owner' })],
  ['owner', 'ROLE_UNKNOWN', (o) => o.invite({ ...bob, role: 'king' })],
  ['owner', 'INVITATION_INVALID', (o) => o.invite({ ...bob, role: 'King!' })],
  ['owner', 'INVITATION_INVALID', (o) => o.invite({ ...bob, email: 'nobody' })],
  ['owner', 'INVITATION_INVALID', (o) => o.invite({ ...bob, email: 'a b@example.com' })],
  ['owner', 'INVITATION_INVALID', (o) => o.invite({ ...bob, email: 'a@@example.com' })],
  ['owner', 'INVITATION_INVALID', (o) => o.invite({ ...bob, email: 'a@example..com' })],
  ['owner', 'INVITATION_INVALID', (o) => o.invite({ ...bob, email: 'a\0@example.com' })],
  ['owner', 'INVITATION_INVALID', (o) => o.invite({ ...bob, email: `${'a'.repeat(400)}@example.com` })],
  ['owner', 'INVITATION_INVALID', (o) => o.invite({ ...bob, expiresInSeconds: 1 })],
  ['owner', 'INVITATION_INVALID', (o) => o.invite({ ...bob, expiresInSeconds: 1e9 })],
  ['owner', 'INVITATION_INVALID', (o) => o.resendInvitation({ id: 'x' })],
  ['owner', 'INVITATION_UNKNOWN', (o) => o.resendInvitation({ id: nobody })],
  ['member', 'PERMISSION_DENIED', (o) => o.resendInvitation({ id: nobody })],
  ['owner', 'INVITATION_INVALID', (o) => o.revokeInvitation({ id: '' })],
  ['owner', 'INVITATION_UNKNOWN', (o) => o.revokeInvitation({ id: nobody })],
  ['viewer', 'PERMISSION_DENIED', (o) => o.revokeInvitation({ id: nobody })],
  ['owner', 'INVITATION_INVALID', (o) => o.invitations({ limit: 0 })],
  ['owner', 'INVITATION_INVALID', (o) => o.invitations({ after: 'x' })],
  ['owner', 'INVITATION_INVALID', (o) => o.acceptInvitation({ token: 'x', userId: '', email: bob.email })],
  ['owner', 'INVITATION_INVALID', (o) => o.acceptInvitation({ token: 'x', userId: 'bob', email: '' })],
  ['owner', 'INVITATION_UNUSABLE', (o) => o.acceptInvitation({ token: '', userId: 'bob', email: bob.email })],
]

describe('invitations', () => {
  it('are refused with a code', async () => {
    const site = await newSite()
    for (const [userId, code, call] of refused) {
      await expect(
        site.as(userId, () => call(organizations)),
        `${userId}: ${call.toString()}`,
      ).rejects.toMatchObject({ code })
    }
    expect(await site.as('owner', () => organizations.invitations())).toEqual([])
  })

  it('are one an address while they are pending', async () => {
    const site = await newSite()
    await tokenOf(site)
    await expect(tokenOf(site)).rejects.toMatchObject({ code: 'INVITATION_PENDING' })
    await expect(
      database.admin(
        "insert into partywall.invitations (organization_id, email, role, expires_at) values ($1, 'bob@example.com', 'owner', now())",
        [site.id],
      ),
    ).rejects.toMatchObject({ code: '23505' })
  })
})
