import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDnsServer } from './dns-server.fixture.ts'
import type { DnsServer } from './dns-server.fixture.ts'
import { errorCodes } from './error-codes.ts'
import { createSites } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'
import { createOrganizations } from './organizations.ts'
import { refusedCalls, refusedSettings } from './refused-calls.fixture.ts'
import type { Scene } from './refused-calls.fixture.ts'

let sites: Sites
let dns: DnsServer
let scene: Scene

beforeAll(async () => {
  sites = await createSites()
  dns = await startDnsServer()
  dns.failing.add('_partywall.silent.example')
  const organizations = createOrganizations(sites.tenancy, { settings: refusedSettings, dns: dns.resolver })
  const [site, full, foreign] = [await sites.newSite(), await sites.newSite(4), await sites.newSite()]
  const invited = await site.as('owner', () => organizations.invite({ email: 'bob@mail.test', role: 'admin' }))
  const { id: keyId } = await site.as('owner', () => organizations.createApiKey({ name: 'CI', permissions: ['*:*'] }))
  await site.as('owner', () => organizations.updateSettings({ threshold: 0.5 }))
  for (const domain of ['claimed.example', 'silent.example']) {
    await site.as('owner', () => organizations.addDomain({ domain }))
  }
  await site.as('owner', () => organizations.update({ githubLogin: 'taken' }))
  await open(site, organizations)
  scene = { organizations, sites, site, full, foreign, invitationId: invited.id, keyId }
})

async function open(site: Site, organizations: Scene['organizations']): Promise<void> {
  for (const [domain, policy] of [
    ['open.example', 'automatic'],
    ['shown.example', 'suggestion'],
  ] as const) {
    await site.as('owner', async () => {
      const { record } = await organizations.addDomain({ domain })
      dns.records.set(record.name, [record.value])
      await organizations.verifyDomain({ domain })
      await organizations.setDomainPolicy({ domain, policy })
    })
  }
}

afterAll(async () => {
  await dns[Symbol.asyncDispose]()
  await sites[Symbol.asyncDispose]()
})

const rows = refusedCalls

/** Those that need another database, schema or server: each has a test where that is. */
const elsewhere: readonly string[] = [
  'DOMAIN_TAKEN',
  'INVITATION_OTHER_ADDRESS',
  'MEMBER_PENDING',
  'ORGANIZATION_ROOT_MISSING',
  'ORGANIZATION_TOO_EARLY',
  'OWNER_AMBIGUOUS',
  'OWNER_EXISTS',
  'ROLE_IN_USE',
  'ROLE_UNMAPPED',
  'SETTINGS_TOO_LARGE',
  'SETTINGS_UNREADABLE',
  'ENTITLEMENT_UNKNOWN',
  'SEATS_SUBSCRIBED',
  'SUBSCRIPTION_CONFLICT',
  'SUBSCRIPTION_INVALID',
  'SUBSCRIPTION_PLAN_UNKNOWN',
]

describe('refusals', () => {
  it.each(rows)('%s: %s, %s', async (code, who, _what, call) => {
    const { site } = scene
    const before = await fingerprint()
    const attempt = who === 'nobody' || who === 'system' ? call(scene) : site.as(who, () => call(scene))
    await expect(attempt).rejects.toMatchObject({ code, name: 'TenancyError' })
    expect(await fingerprint()).toBe(before)
  })

  it('are of every code that the package raises', () => {
    expect(rows.length).toBeGreaterThanOrEqual(60)
    const told = new Set([...rows.map(([code]) => code), ...elsewhere])
    expect(Object.keys(errorCodes).filter((code) => !told.has(code))).toEqual([])
  })
})

/** Everything that a call could have changed. */
async function fingerprint(): Promise<string> {
  const tables = [
    'organizations',
    'memberships',
    'roles',
    'invitations',
    'api_keys',
    'domains',
    'organization_settings',
    'outbox',
  ]
  const parts = tables.map(
    (name) => `(select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from partywall.${name} t)`,
  )
  const [row] = await sites.database.admin<{ print: string }>(`select ${parts.join(' || ')} as print`)
  return row?.print ?? ''
}
