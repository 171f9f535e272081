import { assertPermission } from '@partywall/tenancy-core/http'
import type { Permission } from '@partywall/tenancy-core/http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSites, system } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'
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

const reading = { name: 'CI', permissions: ['tests:*', 'repositories:read'] } as const
const touching: readonly ((o: Organizations, id: string) => Promise<unknown>)[] = [
  (o, id) => o.rotateApiKey({ id }),
  (o, id) => o.revokeApiKey({ id }),
]
const use = (text: string) => organizations.authenticateApiKey(`Bearer ${text}`)
const no = { code: 'UNAUTHENTICATED' }

async function may(text: string, permission: Permission): Promise<boolean> {
  const { membership } = await use(text)
  try {
    assertPermission(membership, permission)
    return true
  } catch {
    return false
  }
}

describe('an API key', () => {
  it('acts in its organization, within its permissions', async () => {
    const site = await newSite()
    const { id, text } = await site.as('admin', () => organizations.createApiKey(reading))
    expect(text).toMatch(new RegExp(`^pwk_${id}_[0-9A-Za-z]{50}$`))
    const caller = await use(text)
    expect(caller).toMatchObject({ organizationId: site.id, actor: { type: 'api-key', id } })
    expect(await may(text, 'tests:write')).toBe(true)
    expect(await may(text, 'repositories:read')).toBe(true)
    expect(await may(text, 'repositories:write')).toBe(false)
    expect(await tenancy.run(caller, () => organizations.members())).toHaveLength(4)
    await expect(tenancy.run(caller, () => organizations.removeMember({ userId: 'viewer' }))).rejects.toMatchObject({
      code: 'ACTOR_REQUIRED',
    })
  })

  it('is kept by its digest alone, which the application does not read', async () => {
    const site = await newSite()
    const { text } = await site.as('owner', () => organizations.createApiKey(reading))
    const dump = await database.admin<{ line: string }>(
      'select k::text as line from partywall.api_keys k union all select s::text from partywall.api_key_secrets s',
    )
    expect(dump.some(({ line }) => line.includes(text.slice(-50)))).toBe(false)
    const read = site.as('owner', () => tenancy.pool.query('select * from partywall.api_key_secrets'))
    await expect(read).rejects.toMatchObject({ code: '42501' })
  })

  it('is refused alike when it is unknown, wrong, expired, revoked or no key', async () => {
    const site = await newSite()
    const { id, text } = await site.as('owner', () => organizations.createApiKey(reading))
    const { text: other } = await site.as('owner', () => organizations.createApiKey(reading))
    const messages = new Set<string>()
    const refused = async (header: string | undefined): Promise<void> => {
      const error = await organizations.authenticateApiKey(header).catch((thrown: unknown) => thrown as Error)
      expect(error).toMatchObject(no)
      messages.add((error as Error).message)
    }
    await refused(undefined)
    await refused(`Basic ${text}`)
    await refused(`Bearer ${text}x`)
    await refused(`Bearer ${text.slice(0, 20)}${other.slice(20)}`)
    await database.admin("update partywall.api_keys set expires_at = now() - interval '1 second' where id = $1", [id])
    await refused(`Bearer ${text}`)
    await database.admin('update partywall.api_keys set expires_at = null where id = $1', [id])
    await use(text)
    await site.as('owner', () => organizations.revokeApiKey({ id }))
    await refused(`Bearer ${text}`)
    expect(messages.size).toBe(1)
  })

  it('is worth no more than who answers for it, and nothing without', async () => {
    const site = await newSite()
    const { id, text } = await site.as('admin', () => organizations.createApiKey(reading))
    await site.as('owner', () => organizations.changeRole({ userId: 'admin', role: 'viewer' }))
    expect(await may(text, 'tests:write')).toBe(false)
    expect(await may(text, 'tests:read')).toBe(true)
    await site.as('owner', () => organizations.suspendMember({ userId: 'admin' }))
    await expect(use(text)).rejects.toMatchObject(no)
    const { text: fresh } = await site.as('owner', () => organizations.rotateApiKey({ id }))
    expect(await may(fresh, 'tests:write')).toBe(true)
    expect(await site.as('owner', () => organizations.apiKeys())).toMatchObject([{ id, grantedBy: 'owner' }])
  })

  it.each<readonly [string, (site: Site) => Promise<unknown>]>([
    ['is removed', (site) => site.as('owner', () => organizations.removeMember({ userId: 'admin' }))],
    ['leaves', (site) => site.as('admin', () => organizations.leave())],
    [
      'is deleted by hand',
      (site) =>
        database.admin("delete from partywall.memberships where organization_id = $1 and user_id = 'admin'", [site.id]),
    ],
    [
      'becomes another user by hand',
      (site) =>
        database.admin(
          "update partywall.memberships set user_id = 'other' where organization_id = $1 and user_id = 'admin'",
          [site.id],
        ),
    ],
  ])('ends for ever when who answers for it %s', async (_, go) => {
    const [site, other] = [await newSite(), await newSite()]
    const { id, text } = await site.as('admin', () => organizations.createApiKey(reading))
    const kept = await site.as('owner', () => organizations.createApiKey(reading))
    const elsewhere = await other.as('admin', () => organizations.createApiKey(reading))
    await go(site)
    await expect(use(text)).rejects.toMatchObject(no)
    const again = { userId: 'admin', role: 'admin' }
    await tenancy.run({ organizationId: site.id, actor: system }, () => organizations.addMember(again))
    await expect(use(text)).rejects.toMatchObject(no)
    for (const call of touching) {
      await expect(site.as('owner', () => call(organizations, id))).rejects.toMatchObject({ code: 'API_KEY_UNKNOWN' })
    }
    const told = await database.admin(
      "select payload ->> 'keyId' as id from partywall.outbox where organization_id = $1 and type = 'api_key.revoked'",
      [site.id],
    )
    expect(told).toEqual([{ id }])
    await Promise.all([use(kept.text), use(elsewhere.text)])
  })

  it('is taken with both secrets while it is rotated, and with the new one after', async () => {
    const site = await newSite()
    const { id, text } = await site.as('owner', () => organizations.createApiKey(reading))
    const { text: second } = await site.as('owner', () => organizations.rotateApiKey({ id, overlapSeconds: 3600 }))
    await Promise.all([use(text), use(second)])
    const { text: third } = await site.as('owner', () => organizations.rotateApiKey({ id, overlapSeconds: 0 }))
    await expect(use(text)).rejects.toMatchObject(no)
    await expect(use(second)).rejects.toMatchObject(no)
    expect(await use(third)).toMatchObject({ actor: { id } })
  })

  it('of a suspended organization says so', async () => {
    const site = await newSite()
    const { text } = await site.as('owner', () => organizations.createApiKey(reading))
    await organizations.suspend({ organizationId: site.id, actor: system })
    await expect(use(text)).rejects.toMatchObject({ code: 'ORGANIZATION_SUSPENDED' })
  })

  it('is neither seen nor touched from another organization', async () => {
    const [mine, other] = [await newSite(), await newSite()]
    const { id, text } = await other.as('owner', () => organizations.createApiKey(reading))
    expect(await mine.as('owner', () => organizations.apiKeys())).toEqual([])
    for (const call of touching) {
      await expect(mine.as('owner', () => call(organizations, id))).rejects.toMatchObject({ code: 'API_KEY_UNKNOWN' })
    }
    expect(await use(text)).toMatchObject({ organizationId: other.id })
  })

  it('remembers its use, once a minute, and does not wait for it', async () => {
    const site = await newSite()
    const { id, text } = await site.as('owner', () => organizations.createApiKey(reading))
    await Promise.all(Array.from({ length: 20 }, () => use(text)))
    const lastUse = async () => (await site.as('owner', () => organizations.apiKeys()))[0]?.lastUsedAt ?? null
    await vi.waitFor(async () => expect(await lastUse()).toBeInstanceOf(Date))
    const before = await lastUse()
    await use(text)
    await use(text)
    expect(await lastUse()).toEqual(before)
    const [row] = await database.admin<{ version: string }>(
      'select xmin::text as version from partywall.api_keys where id = $1',
      [id],
    )
    await use(text)
    expect(await database.admin('select xmin::text as version from partywall.api_keys where id = $1', [id])).toEqual([
      row,
    ])
  })
})

type Call = (organizations: Organizations) => Promise<unknown>
const nobody = '0123456789abcdef'

const refused: readonly (readonly [string, string, Call])[] = [
  ['member', 'PERMISSION_DENIED', (o) => o.createApiKey(reading)],
  ['viewer', 'PERMISSION_DENIED', (o) => o.createApiKey(reading)],
  ['stranger', 'ACTOR_NOT_MEMBER', (o) => o.createApiKey(reading)],
  ['admin', 'API_KEY_EXCEEDS_ROLE', (o) => o.createApiKey({ name: 'CI', permissions: ['*:*'] })],
  ['admin', 'API_KEY_EXCEEDS_ROLE', (o) => o.createApiKey({ name: 'CI', permissions: ['organization:*'] })],
  ['admin', 'API_KEY_EXCEEDS_ROLE', (o) => o.createApiKey({ name: 'CI', permissions: ['organization:delete'] })],
  ['admin', 'API_KEY_EXCEEDS_ROLE', (o) => o.createApiKey({ name: 'CI', permissions: ['tests:read', '*:transfer'] })],
  ['owner', 'API_KEY_INVALID', (o) => o.createApiKey({ name: '', permissions: ['tests:read'] })],
  ['owner', 'API_KEY_INVALID', (o) => o.createApiKey({ name: 'CI', permissions: [] })],
  ['owner', 'API_KEY_INVALID', (o) => o.createApiKey({ name: 'CI', permissions: ['!tests:read'] })],
  ['owner', 'API_KEY_INVALID', (o) => o.createApiKey({ name: 'CI', permissions: ['tests'] })],
  ['owner', 'API_KEY_INVALID', (o) => o.createApiKey({ ...reading, expiresAt: new Date(0) })],
  ['owner', 'API_KEY_INVALID', (o) => o.rotateApiKey({ id: 'x' })],
  ['owner', 'API_KEY_INVALID', (o) => o.rotateApiKey({ id: nobody, overlapSeconds: -1 })],
  ['owner', 'API_KEY_UNKNOWN', (o) => o.rotateApiKey({ id: nobody })],
  ['member', 'PERMISSION_DENIED', (o) => o.rotateApiKey({ id: nobody })],
  ['owner', 'API_KEY_UNKNOWN', (o) => o.revokeApiKey({ id: nobody })],
  ['owner', 'API_KEY_INVALID', (o) => o.revokeApiKey({ id: `${nobody}'` })],
  ['viewer', 'PERMISSION_DENIED', (o) => o.revokeApiKey({ id: nobody })],
  ['owner', 'API_KEY_INVALID', (o) => o.apiKeys({ limit: 1001 })],
]

describe('API keys', () => {
  it('are refused with a code', async () => {
    const site = await newSite()
    for (const [userId, code, call] of refused) {
      await expect(
        site.as(userId, () => call(organizations)),
        `${userId}: ${String(call)}`,
      ).rejects.toMatchObject({ code })
    }
    expect(await site.as('owner', () => organizations.apiKeys())).toEqual([])
  })

  it('of who stands above are not touched', async () => {
    const site = await newSite()
    const { id: owned } = await site.as('owner', () => organizations.createApiKey(reading))
    for (const call of touching) {
      await expect(site.as('admin', () => call(organizations, owned))).rejects.toMatchObject({ code: 'RANK_TOO_LOW' })
    }
  })
})
