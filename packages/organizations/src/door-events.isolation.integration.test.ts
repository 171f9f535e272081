import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSites, system } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'
import type { Organizations } from './organizations.ts'

interface Told {
  readonly type: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly actor: unknown
}

let sites: Sites
let organizations: Organizations
let site: Site
let other: Site

beforeAll(async () => {
  sites = await createSites()
  organizations = sites.organizations
  other = await sites.newSite()
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

/** What is told of the organization while `work` is done, in order. */
async function toldBy(work: () => Promise<unknown>, { id } = site): Promise<readonly Told[]> {
  const sql = 'select type, payload, actor from partywall.outbox where organization_id = $1 order by position'
  const before = await sites.database.admin<Told>(sql, [id])
  const elsewhere = await sites.database.admin('select 1 from partywall.outbox where organization_id <> $1', [id])
  await work()
  const after = await sites.database.admin('select 1 from partywall.outbox where organization_id <> $1', [id])
  expect(after).toHaveLength(elsewhere.length)
  return (await sites.database.admin<Told>(sql, [id])).slice(before.length)
}

const admin = (sql: string): Promise<unknown> => sites.database.admin(sql)
const owner = { type: 'user', id: 'owner' }

/** Inside, nothing that opens a door: no token, no digest, no address. */
function withoutSecrets(told: readonly Told[], secrets: readonly string[]): readonly Told[] {
  const text = JSON.stringify(told)
  for (const secret of secrets) expect(text).not.toContain(secret)
  expect(text).not.toMatch(/digest|token|@|\\\\x[0-9a-f]{8}/)
  return told
}

describe('what happens to an invitation', () => {
  let id: string
  let token: string

  beforeAll(async () => {
    site = await sites.newSite()
  })

  it('is told once each: created, resent, accepted', async () => {
    const invited = await toldBy(async () => {
      const issued = await site.as('owner', () => organizations.invite({ email: 'cy@example.com', role: 'member' }))
      ;({ id, token = '' } = issued)
    })
    const first = token
    expect(withoutSecrets(invited, [token])).toMatchObject([
      {
        type: 'invitation.created',
        payload: { invitationId: id, role: 'member', invitedBy: 'owner', expiresAt: expect.any(String) },
        actor: owner,
      },
    ])
    const resent = await toldBy(async () => {
      ;({ token = '' } = await site.as('admin', () => organizations.resendInvitation({ id })))
    })
    expect(withoutSecrets(resent, [first, token])).toMatchObject([
      { type: 'invitation.resent', payload: { invitationId: id, invitedBy: 'admin' }, actor: { id: 'admin' } },
    ])
    const accepted = await toldBy(() =>
      organizations.acceptInvitation({ token, userId: 'cy', email: 'cy@example.com' }),
    )
    expect(withoutSecrets(accepted, [token])).toMatchObject([
      { type: 'member.added', payload: { userId: 'cy' }, actor: { id: 'cy' } },
      { type: 'invitation.accepted', payload: { invitationId: id, role: 'member', userId: 'cy' }, actor: { id: 'cy' } },
    ])
  })

  it('is told once each: revoked, expired, changed and deleted by hand', async () => {
    const invite = () => site.as('owner', () => organizations.invite({ email: 'di@example.com', role: 'viewer' }))
    let pending = await invite()
    expect(
      await toldBy(() => site.as('owner', () => organizations.revokeInvitation({ id: pending.id }))),
    ).toMatchObject([
      { type: 'invitation.revoked', payload: { invitationId: pending.id, role: 'viewer' }, actor: owner },
    ])
    pending = await invite()
    await admin(`update partywall.invitations set expires_at = now() where id = '${pending.id}'`)
    expect((await toldBy(invite)).map(({ type }) => type)).toEqual(['invitation.expired', 'invitation.created'])
    const where = `where organization_id = '${site.id}' and status = 'pending'`
    const changed = await toldBy(() => admin(`update partywall.invitations set role = 'admin' ${where}`))
    expect(changed).toMatchObject([{ type: 'invitation.changed', payload: { role: 'admin' }, actor: null }])
    expect(await toldBy(() => admin(`update partywall.invitations set updated_at = now() ${where}`))).toEqual([])
    const deleted = await toldBy(() => admin(`delete from partywall.invitations where organization_id = '${site.id}'`))
    expect(deleted.map(({ type }) => type)).toEqual(['invitation.revoked'])
  })

  it('is told of what a system and an operator do', async () => {
    const scope = { organizationId: site.id, actor: system }
    let issued: { id: string; token?: string } = { id: '' }
    const told = await toldBy(async () => {
      issued = await sites.tenancy.run(scope, () => organizations.invite({ email: 'ed@example.com', role: 'owner' }))
      const again = await sites.tenancy.run(scope, () => organizations.resendInvitation({ id: issued.id }))
      expect(again.token).not.toBe(issued.token)
      expect(await organizations.findInvitation(issued.token ?? '')).toBeUndefined()
      expect(await organizations.findInvitation(again.token ?? '')).toMatchObject({ email: 'ed@example.com' })
      await sites.tenancy.run(scope, () => organizations.revokeInvitation({ id: issued.id }))
      expect(await organizations.findInvitation(again.token ?? '')).toBeUndefined()
    })
    const types = ['invitation.created', 'invitation.resent', 'invitation.revoked']
    expect(told.map(({ type }) => type)).toEqual(types)
    const { id } = issued
    const elsewhere = { organizationId: other.id, actor: system }
    const resent = sites.tenancy.run(elsewhere, () => organizations.resendInvitation({ id }))
    await expect(resent).rejects.toMatchObject({ code: 'INVITATION_UNKNOWN' })
    const revoked = sites.tenancy.run(elsewhere, () => organizations.revokeInvitation({ id }))
    await expect(revoked).rejects.toMatchObject({ code: 'INVITATION_UNKNOWN' })
  })

  it('is not told when it is rolled back, with what the caller wrote', async () => {
    const { token: fresh = '' } = await site.as('owner', () =>
      organizations.invite({ email: 'fay@example.com', role: 'viewer' }),
    )
    const acceptance = { token: fresh, userId: 'fay', email: 'fay@example.com' }
    const accept = (end: 'commit' | 'rollback'): Promise<void> =>
      sites.tenancy.operator({ reason: 'sign up', actor: system }, async (pool) => {
        const client = await pool.connect()
        await client.query('begin')
        await organizations.acceptInvitation(acceptance, { transaction: client })
        await client.query(end)
        client.release()
      })
    expect(await toldBy(() => accept('rollback'))).toEqual([])
    expect(await site.who()).not.toContain('fay: viewer active')
    expect((await toldBy(() => accept('commit'))).map(({ type }) => type)).toEqual([
      'member.added',
      'invitation.accepted',
    ])
    await expect(organizations.acceptInvitation(acceptance)).rejects.toMatchObject({ code: 'INVITATION_UNUSABLE' })
  })
})

describe('what happens to an API key', () => {
  beforeAll(async () => {
    site = await sites.newSite()
  })

  it('is told once each, without the texts, and not that it was used', async () => {
    const permissions = ['repositories:read']
    let key = { id: '', text: '' }
    const created = await toldBy(async () => {
      key = await site.as('owner', () => organizations.createApiKey({ name: 'CI', permissions }))
    })
    const { id, text } = key
    expect(withoutSecrets(created, [text])).toMatchObject([
      {
        type: 'api_key.created',
        payload: { keyId: id, name: 'CI', grantedBy: 'owner', permissions, expiresAt: null },
        actor: owner,
      },
    ])
    expect(await toldBy(() => organizations.authenticateApiKey(`Bearer ${text}`))).toEqual([])
    const rotated = await toldBy(async () => {
      key = await site.as('owner', () => organizations.rotateApiKey({ id }))
    })
    expect(withoutSecrets(rotated, [text, key.text])).toMatchObject([
      { type: 'api_key.rotated', payload: { keyId: id, name: 'CI' }, actor: owner },
    ])
    await admin(
      `update partywall.memberships set role = 'owner' where organization_id = '${site.id}' and user_id = 'admin'`,
    )
    const taken = await toldBy(() => site.as('admin', () => organizations.rotateApiKey({ id })))
    expect(taken).toMatchObject([
      { type: 'api_key.rotated' },
      { type: 'api_key.changed', payload: { keyId: id, grantedBy: 'admin' } },
    ])
    const revoked = await toldBy(() => site.as('owner', () => organizations.revokeApiKey({ id })))
    expect(revoked).toMatchObject([{ type: 'api_key.revoked', payload: { keyId: id, name: 'CI' }, actor: owner }])
    expect(await toldBy(() => admin(`delete from partywall.api_keys where id = '${id}'`))).toEqual([])
  })

  it('is told of what is written by hand, and not of what is rolled back', async () => {
    const { id } = await site.as('owner', () => organizations.createApiKey({ name: 'CI', permissions: ['a:read'] }))
    const secret = `insert into partywall.api_key_secrets (digest, key_id) values (sha256('x'), '${id}')`
    const told = await toldBy(async () => {
      await admin(secret)
      await admin(`update partywall.api_keys set permissions = '{*:*}' where id = '${id}'`)
      await admin(`delete from partywall.api_keys where id = '${id}'`)
    })
    expect(told.map(({ type }) => type)).toEqual(['api_key.rotated', 'api_key.changed', 'api_key.revoked'])
    const rolledBack = site.as('owner', async () => {
      const client = await sites.tenancy.pool.connect()
      await client.query('begin')
      await organizations.createApiKey({ name: 'CI', permissions: ['a:read'] }, { transaction: client })
      await client.query('rollback')
      client.release()
    })
    expect(await toldBy(() => rolledBack)).toEqual([])
  })
})

describe('an organization that is purged', () => {
  it('is told, and none of what goes with it', async () => {
    const gone = await sites.newSite()
    await gone.as('owner', () => organizations.invite({ email: 'cy@example.com', role: 'member' }))
    await gone.as('owner', () => organizations.createApiKey({ name: 'CI', permissions: ['a:read'] }))
    const state = { plan: 'pro', status: 'active', occurredAt: new Date(), actor: system } as const
    await organizations.setSubscription({ organizationId: gone.id, ...state })
    await gone.as('owner', () => organizations.delete({ graceSeconds: 0 }))
    const told = await toldBy(() => organizations.purge({ actor: system, erase: async () => {} }), gone)
    expect(told.map(({ type }) => type)).toEqual(['organization.purged'])
  })
})
