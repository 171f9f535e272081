import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDnsServer } from './dns-server.fixture.ts'
import type { DnsServer } from './dns-server.fixture.ts'
import type { DomainPolicy } from './domains.ts'
import { createSites, system } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'
import { createOrganizations } from './organizations.ts'
import type { Organizations } from './organizations.ts'

let sites: Sites
let dns: DnsServer
let organizations: Organizations
let count = 0

beforeAll(async () => {
  sites = await createSites()
  dns = await startDnsServer()
  organizations = createOrganizations(sites.tenancy, { dns: dns.resolver })
})

afterAll(async () => {
  await dns[Symbol.asyncDispose]()
  await sites[Symbol.asyncDispose]()
})

function newDomain(): string {
  count += 1
  return `acme-${count}.example`
}

/** Claims a domain and puts the record up. */
async function claim(site: Site, domain: string): Promise<{ readonly name: string; readonly value: string }> {
  const { record } = await site.as('owner', () => organizations.addDomain({ domain }))
  dns.records.set(record.name, [...(dns.records.get(record.name) ?? []), record.value])
  return record
}

const verify = (site: Site, domain: string) => site.as('owner', () => organizations.verifyDomain({ domain }))

async function open(site: Site, domain: string, policy: DomainPolicy = 'automatic'): Promise<void> {
  await claim(site, domain)
  await verify(site, domain)
  await site.as('owner', () => organizations.setDomainPolicy({ domain, policy }))
}

const person = (userId: string, domain: string) => ({ userId, email: `${userId}@${domain}`, emailVerified: true })
const join = (site: Site, userId: string, domain: string) =>
  organizations.joinByDomain({ ...person(userId, domain), organizationId: site.id })

async function eventsOf(site: Site): Promise<readonly string[]> {
  const rows = await sites.database.admin<{ line: string }>(
    `select type || ' ' || coalesce(actor ->> 'id', '-') as line from partywall.outbox
     where organization_id = $1 and type like 'domain.%' order by position`,
    [site.id],
  )
  return rows.map(({ line }) => line)
}

describe('a domain', () => {
  it('is proved by its record, in whichever way it is written', async () => {
    const site = await sites.newSite()
    const domain = newDomain()
    const added = await site.as('admin', () => organizations.addDomain({ domain: ` ${domain.toUpperCase()}. ` }))
    expect(added).toMatchObject({ domain, status: 'pending', policy: 'manual', role: 'member', verifiedAt: null })
    expect(added.record).toEqual({
      name: `_partywall.${domain}`,
      value: expect.stringMatching(/^partywall-verification=[0-9A-Za-z]{44}$/) as string,
    })
    await expect(verify(site, domain)).rejects.toMatchObject({ code: 'DOMAIN_UNPROVEN' })
    dns.records.set(added.record.name, ['v=spf1 -all', 'x'.repeat(600), added.record.value])
    await verify(site, `${domain}.`)
    const [listed] = await site.as('viewer', () => organizations.domains())
    expect(listed).toMatchObject({
      domain,
      status: 'verified',
      record: added.record,
      verifiedAt: expect.any(Date) as Date,
    })
    expect(await eventsOf(site)).toEqual(['domain.added admin', 'domain.verified owner'])
  })

  it('is not proved by the token of another organization, or of another domain', async () => {
    const [a, b] = [await sites.newSite(), await sites.newSite()]
    const [domain, other] = [newDomain(), newDomain()]
    await claim(a, domain)
    await b.as('owner', () => organizations.addDomain({ domain }))
    await expect(verify(b, domain)).rejects.toMatchObject({ code: 'DOMAIN_UNPROVEN' })
    await a.as('owner', () => organizations.addDomain({ domain: other }))
    dns.records.set(`_partywall.${other}`, dns.records.get(`_partywall.${domain}`) ?? [])
    await expect(verify(a, other)).rejects.toMatchObject({ code: 'DOMAIN_UNPROVEN' })
  })

  it('has one organization, however many prove it at the same time', async () => {
    const domain = newDomain()
    const claimants = await Promise.all(Array.from({ length: 6 }, () => sites.newSite()))
    for (const site of claimants) await claim(site, domain)
    const outcomes = await Promise.allSettled([...claimants, ...claimants].map((site) => verify(site, domain)))
    const winners = new Set(outcomes.flatMap(({ status }, at) => (status === 'fulfilled' ? [at % 6] : [])))
    expect(winners.size).toBe(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'DOMAIN_TAKEN' })
    }
    const rows = await sites.database.admin(
      `select 1 from partywall.domains where domain = $1 and status = 'verified'`,
      [domain],
    )
    expect(rows).toHaveLength(1)
  })

  it('is taken over by who has the record when the one before is gone, and tells nobody by whom', async () => {
    const [before, after] = [await sites.newSite(), await sites.newSite()]
    const domain = newDomain()
    await open(before, domain)
    const { name, value } = await claim(after, domain)
    await expect(verify(after, domain)).rejects.toMatchObject({ code: 'DOMAIN_TAKEN' })
    dns.records.set(name, [value])
    await after.as('admin', () => organizations.verifyDomain({ domain }))
    await expect(join(before, 'zoe', domain)).rejects.toMatchObject({ code: 'DOMAIN_NOT_JOINABLE' })
    await expect(verify(before, domain)).rejects.toMatchObject({ code: 'DOMAIN_UNPROVEN' })
    expect((await eventsOf(before)).at(-1)).toBe('domain.lapsed -')
    expect((await eventsOf(after)).at(-1)).toBe('domain.verified admin')
  })

  it('asks for another record when it was released, and is free for others', async () => {
    const [before, after] = [await sites.newSite(), await sites.newSite()]
    const domain = newDomain()
    await open(before, domain)
    await before.as('owner', () => organizations.releaseDomain({ domain }))
    expect(await organizations.joinableOrganizations(person('zoe', domain))).toEqual([])
    await before.as('owner', () => organizations.addDomain({ domain }))
    // The old record is there still.
    await expect(verify(before, domain)).rejects.toMatchObject({ code: 'DOMAIN_UNPROVEN' })
    await claim(after, domain)
    await verify(after, domain)
    expect(await eventsOf(before)).toContain('domain.released owner')
  })

  it('goes with its organization', async () => {
    const [before, after] = [await sites.newSite(), await sites.newSite()]
    const domain = newDomain()
    await open(before, domain)
    await sites.database.admin('delete from partywall.organizations where id = $1', [before.id])
    await claim(after, domain)
    await verify(after, domain)
    expect(await eventsOf(before)).not.toContain('domain.released -')
  })

  it('lapses when its record is looked up again and is gone, and not when nobody answers', async () => {
    const [kept, gone, silent] = [await sites.newSite(), await sites.newSite(), await sites.newSite()]
    const names = [newDomain(), newDomain(), newDomain()] as const
    for (const [at, site] of [kept, gone, silent].entries()) await open(site, names[at] ?? '')
    dns.records.delete(`_partywall.${names[1]}`)
    dns.failing.add(`_partywall.${names[2]}`)
    const checked = await organizations.recheckDomains({ actor: system, olderThanSeconds: 0, limit: 1000 })
    expect(checked.lapsed).toContain(names[1])
    expect(checked.unanswered).toEqual([names[2]])
    expect(checked.lapsed).not.toContain(names[0])
    expect(await organizations.joinableOrganizations(person('zoe', names[1]))).toEqual([])
    expect(await organizations.joinableOrganizations(person('zoe', names[2]))).toHaveLength(1)
    await expect(verify(silent, names[2])).rejects.toMatchObject({ code: 'DOMAIN_LOOKUP_FAILED' })
    expect(await organizations.recheckDomains({ actor: system })).toEqual({ verified: 0, lapsed: [], unanswered: [] })
  })
})

describe('joining by a domain', () => {
  it('makes who has a verified address a member, once', async () => {
    const site = await sites.newSite()
    const domain = newDomain()
    await open(site, domain)
    const found = await organizations.joinableOrganizations(person('zoe', domain.toUpperCase()))
    expect(found).toEqual([
      {
        organizationId: site.id,
        slug: expect.any(String) as string,
        name: 'Site',
        policy: 'automatic',
        role: 'member',
      },
    ])
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => join(site, 'zoe', domain)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await site.who()).toContain('zoe: member active')
    expect(await organizations.joinableOrganizations(person('zoe', domain))).toEqual([])
    await expect(join(site, 'zoe', domain)).rejects.toMatchObject({ code: 'MEMBER_EXISTS' })
  })

  it('lets no more in than there are seats, and nobody back who is suspended', async () => {
    const site = await sites.newSite(6)
    const domain = newDomain()
    await open(site, domain)
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, (_, n) => join(site, `new-${n}`, domain)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'SEATS_EXHAUSTED' })
    }
    await site.as('owner', () => organizations.suspendMember({ userId: 'viewer' }))
    await expect(join(site, 'viewer', domain)).rejects.toMatchObject({ code: 'MEMBER_EXISTS' })
    expect(await site.who()).toContain('viewer: viewer suspended')
  })

  it('stops with the domain: a release and a join at the same time leave no member of a later moment', async () => {
    const site = await sites.newSite()
    const domain = newDomain()
    await open(site, domain)
    await Promise.allSettled([
      ...Array.from({ length: 6 }, (_, n) => join(site, `early-${n}`, domain)),
      site.as('owner', () => organizations.releaseDomain({ domain })),
    ])
    await expect(join(site, 'late', domain)).rejects.toMatchObject({ code: 'DOMAIN_NOT_JOINABLE' })
  })

  it.each<[string, DomainPolicy, string]>([
    ['is manual', 'manual', 'DOMAIN_NOT_JOINABLE'],
    ['is a suggestion', 'suggestion', 'DOMAIN_ASKS_FOR_INVITATION'],
  ])('is refused where the policy %s', async (_, policy, code) => {
    const site = await sites.newSite()
    const domain = newDomain()
    await open(site, domain, policy)
    await expect(join(site, 'zoe', domain)).rejects.toMatchObject({ code })
    const shown = await organizations.joinableOrganizations(person('zoe', domain))
    expect(shown.map((one) => one.policy)).toEqual(policy === 'manual' ? [] : ['suggestion'])
  })

  it('takes no address that nobody verified, is of a public provider, below the domain or beside it', async () => {
    const site = await sites.newSite()
    const domain = newDomain()
    await open(site, domain)
    const unverified = { ...person('zoe', domain), emailVerified: false }
    await expect(organizations.joinableOrganizations(unverified)).rejects.toMatchObject({ code: 'EMAIL_UNVERIFIED' })
    const joining = organizations.joinByDomain({ ...unverified, organizationId: site.id })
    await expect(joining).rejects.toMatchObject({ code: 'EMAIL_UNVERIFIED' })
    expect(await organizations.joinableOrganizations(person('zoe', 'gmail.com'))).toEqual([])
    for (const other of [`sub.${domain}`, `x${domain}`, 'example']) {
      const code = other === 'example' ? 'DOMAIN_INVALID' : 'DOMAIN_NOT_JOINABLE'
      await expect(join(site, 'zoe', other)).rejects.toMatchObject({ code })
    }
    const twice = { ...person('zoe', domain), email: `zoe@evil.example@${domain}`, organizationId: site.id }
    await expect(organizations.joinByDomain(twice)).rejects.toMatchObject({ code: 'DOMAIN_INVALID' })
  })

  it('takes no address of a public provider, also where an organization has its domain', async () => {
    const site = await sites.newSite()
    const domain = newDomain()
    await open(site, domain)
    await sites.database.admin("update partywall.domains set domain = 'gmail.com' where domain = $1", [domain])
    await expect(join(site, 'zoe', 'gmail.com')).rejects.toMatchObject({ code: 'DOMAIN_NOT_JOINABLE' })
  })

  it('is refused by an organization that is suspended, foreign or unknown, with one answer', async () => {
    const [site, other] = [await sites.newSite(), await sites.newSite()]
    const domain = newDomain()
    await open(site, domain)
    await expect(join(other, 'zoe', domain)).rejects.toMatchObject({ code: 'DOMAIN_NOT_JOINABLE' })
    const nowhere = organizations.joinByDomain({ ...person('zoe', domain), organizationId: 'nowhere' })
    await expect(nowhere).rejects.toMatchObject({ code: 'DOMAIN_NOT_JOINABLE' })
    const unspeakable = organizations.joinByDomain({ ...person('zoe', domain), organizationId: 'a\0b' })
    await expect(unspeakable).rejects.toMatchObject({ code: 'DOMAIN_INVALID' })
    await organizations.suspend({ organizationId: site.id, actor: system })
    await expect(join(site, 'zoe', domain)).rejects.toMatchObject({ code: 'DOMAIN_NOT_JOINABLE' })
    expect(await organizations.joinableOrganizations(person('zoe', domain))).toEqual([])
  })

  it('gives no role above member, whatever the role has become since', async () => {
    const site = await sites.newSite()
    const domain = newDomain()
    await open(site, domain)
    for (const role of ['admin', 'owner']) {
      const refused = site.as('owner', () => organizations.setDomainPolicy({ domain, policy: 'automatic', role }))
      await expect(refused).rejects.toMatchObject({ code: 'DOMAIN_ROLE_TOO_HIGH' })
    }
    await organizations.defineRole({ name: 'guest', rank: 10, permissions: ['*:read'], actor: system })
    await site.as('owner', () => organizations.setDomainPolicy({ domain, policy: 'automatic', role: 'guest' }))
    await organizations.defineRole({ name: 'guest', rank: 60, permissions: ['*:*'], actor: system })
    await expect(join(site, 'zoe', domain)).rejects.toMatchObject({ code: 'DOMAIN_ROLE_TOO_HIGH' })
  })
})

describe('domains are refused', () => {
  it.each(['gmail.com', 'example', '127.0.0.1', 'a_b.example', '', 'nul\0.example'])(
    'when they are %j',
    async (domain) => {
      const site = await sites.newSite()
      const refused = site.as('owner', () => organizations.addDomain({ domain }))
      await expect(refused).rejects.toMatchObject({ code: 'DOMAIN_INVALID' })
    },
  )

  it('from who may not, twice, and of others', async () => {
    const [site, other] = [await sites.newSite(), await sites.newSite()]
    const domain = newDomain()
    await claim(site, domain)
    for (const userId of ['viewer', 'member']) {
      const refusals = [
        () => organizations.addDomain({ domain: newDomain() }),
        () => organizations.verifyDomain({ domain }),
        () => organizations.setDomainPolicy({ domain, policy: 'automatic' }),
        () => organizations.releaseDomain({ domain }),
      ]
      for (const attempt of refusals)
        await expect(site.as<unknown>(userId, attempt)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    }
    const again = site.as('owner', () => organizations.addDomain({ domain }))
    await expect(again).rejects.toMatchObject({ code: 'DOMAIN_EXISTS' })
    for (const attempt of [
      () => organizations.verifyDomain({ domain }),
      () => organizations.setDomainPolicy({ domain, policy: 'automatic' }),
      () => organizations.releaseDomain({ domain }),
    ])
      await expect(other.as<unknown>('owner', attempt)).rejects.toMatchObject({ code: 'DOMAIN_UNKNOWN' })
    expect(await other.as('owner', () => organizations.domains())).toEqual([])
  })

  it.each([
    `insert into partywall.domains (organization_id, domain, challenge) values (partywall.current_tenant_id(), 'x.example', repeat('x', 40))`,
    `update partywall.domains set status = 'verified'`,
    'delete from partywall.domains',
  ])('when the application writes them itself: %s', async (statement) => {
    const site = await sites.newSite()
    const attempt = site.as('owner', () => sites.tenancy.pool.query(statement))
    await expect(attempt).rejects.toMatchObject({ code: '42501' })
  })
})

describe('a login of GitHub', () => {
  it('has one organization, in whichever case', async () => {
    const [a, b] = [await sites.newSite(), await sites.newSite()]
    await a.as('owner', () => organizations.update({ githubLogin: 'Acme-Corp' }))
    const taken = b.as('owner', () => organizations.update({ githubLogin: 'aCME-corp' }))
    await expect(taken).rejects.toMatchObject({ code: 'ORGANIZATION_GITHUB_LOGIN_TAKEN' })
    const created = organizations.create({
      slug: 'late',
      name: 'Late',
      owner: { userId: 'ada' },
      githubLogin: 'ACME-CORP',
      actor: system,
    })
    await expect(created).rejects.toMatchObject({ code: 'ORGANIZATION_GITHUB_LOGIN_TAKEN' })
    await a.as('owner', () => organizations.update({ githubLogin: null }))
    await b.as('owner', () => organizations.update({ githubLogin: 'acme-corp' }))
  })

  it.each(['-a', 'a-', 'a--b', 'a_b', '', 'a'.repeat(40), 'a-'.repeat(38) + 'a'])(
    'is none of GitHub’s: %j',
    async (githubLogin) => {
      const site = await sites.newSite()
      const refused = site.as('owner', () => organizations.update({ githubLogin }))
      await expect(refused).rejects.toMatchObject({ code: 'ORGANIZATION_INVALID' })
    },
  )
})
