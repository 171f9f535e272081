import { AsyncLocalStorage } from 'node:async_hooks'
import { withFallback } from '@partywall/tenancy-core/http'
import type { FallbackRule } from '@partywall/tenancy-core/http'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSites, system } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'

let sites: Sites
let { tenancy, organizations, database, newSite } = {} as Sites
const own: Site[] = []

beforeAll(async () => {
  sites = await createSites()
  ;({ tenancy, organizations, database, newSite } = sites)
  for (let count = 0; count < 20; count += 1) {
    const site = await newSite()
    own.push(site)
    await tenancy.run({ organizationId: site.id, actor: system }, () =>
      organizations.addMember({ userId: `only-${count}`, role: 'member' }),
    )
  }
})

afterEach(() => {
  vi.restoreAllMocks()
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

const find = (organization: string, userId: string): ReturnType<typeof organizations.findMembership> =>
  organizations.findMembership({ organization, userId })

/** Statements that look for members, or for keys. */
function countLookups(): () => number {
  const query = vi.spyOn(tenancy.pool, 'query')
  return () => query.mock.calls.filter(([sql]) => /find_(members|api_keys)/.test(sql)).length
}

describe('lookups of requests in flight', () => {
  it('are one statement, and each gets its own answer', async () => {
    const lookups = countLookups()
    const asked = own.flatMap((_, at) => own.map((__, user) => [at, user] as const))
    const found = await Promise.all(asked.map(([at, user]) => find(own[at]?.id ?? '', `only-${user}`)))
    for (const [index, [at, user]] of asked.entries()) {
      const expected = at === user ? expect.objectContaining({ organizationId: own[at]?.id }) : undefined
      expect(found[index]).toEqual(expected)
    }
    expect(lookups()).toBe(2)
  })

  it('share the answer to one question', async () => {
    const lookups = countLookups()
    const [site] = own as [Site]
    const answers = await Promise.all(Array.from({ length: 50 }, () => find(site.id, 'only-0')))
    expect(new Set(answers).size).toBe(1)
    expect(Object.isFrozen(answers[0])).toBe(true)
    expect(lookups()).toBe(1)
  })

  it('see what was committed before they were asked, whatever is under way', async () => {
    const [site] = own as [Site]
    const set = (status: string): Promise<unknown> =>
      database.admin(`update partywall.memberships set status = $1 where organization_id = $2 and user_id = 'only-0'`, [
        status,
        site.id,
      ])
    const over = new AbortController()
    const busy = Promise.all(
      Array.from({ length: 16 }, async () => {
        while (!over.signal.aborted) await find(site.id, 'only-0')
      }),
    )
    for (let round = 0; round < 20; round += 1) {
      const status = round % 2 === 0 ? 'suspended' : 'active'
      await set(status)
      expect(await find(site.id, 'only-0')).toMatchObject({ membershipStatus: status })
    }
    over.abort()
    await busy
  })

  it('are not spoilt by one that the database cannot take', async () => {
    const [site] = own as [Site]
    const answers = await Promise.allSettled([
      find(site.id, 'only-0'),
      find('a\0b', 'only-0'),
      find(site.id, 'only\0'),
      find(site.id, 'only-1'),
    ])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(answers[0]).toMatchObject({ value: { organizationId: site.id } })
    expect(answers[3]).toMatchObject({ value: undefined })
  })

  it('do not take the end of one name for the beginning of the next', async () => {
    const [site] = own as [Site]
    const { slug } = (await find(site.id, 'only-0')) as { slug: string }
    const [right, wrong] = await Promise.all([find(slug, 'only-0'), find(slug.slice(0, -1), `${slug.at(-1)}only-0`)])
    expect([right?.organizationId, wrong]).toEqual([site.id, undefined])
  })

  it('carry every text', async () => {
    const texts = ['', '"', '\\', '{}', '{a,b}', 'null', 'NULL', `') or true --`, '%', '_', 'é', '𝕏', '\ud800', '\n']
    const answers = await Promise.all(texts.flatMap((text) => own.map(({ id }) => find(id, text))))
    expect(answers.filter((answer) => answer !== undefined)).toEqual([])
    expect(await Promise.all(texts.map((text) => find(text, 'only-0')))).toEqual(texts.map(() => undefined))
  })

  it('run outside the context of whoever asks first', async () => {
    const storage = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    const query = tenancy.pool.query.bind(tenancy.pool)
    vi.spyOn(tenancy.pool, 'query').mockImplementation((...args: Parameters<typeof query>) => {
      seen.push(storage.getStore(), tenancy.currentTenant())
      return query(...args)
    })
    const [site] = own as [Site]
    await storage.run('the first', () => site.as('owner', () => find(site.id, 'owner')))
    expect(seen).toEqual([undefined, undefined])
  })
})

describe('keys of requests in flight', () => {
  it('are one statement, and each is its own caller', async () => {
    const issued = await Promise.all(
      own.map((site) =>
        site.as('owner', () => organizations.createApiKey({ name: 'CI', permissions: ['tests:write'] })),
      ),
    )
    const lookups = countLookups()
    const wrong = `Bearer ${issued[0]?.text.slice(0, -1)}`
    const callers = await Promise.allSettled(
      [...issued.map(({ text }) => `Bearer ${text}`), wrong].map((header) => organizations.authenticateApiKey(header)),
    )
    expect(callers.pop()).toMatchObject({ status: 'rejected', reason: { code: 'UNAUTHENTICATED' } })
    for (const [at, caller] of callers.entries())
      expect(caller).toMatchObject({ value: { organizationId: own[at]?.id, actor: { id: issued[at]?.id } } })
    expect(lookups()).toBe(1)
  })
})

describe('a user who names no organization', () => {
  const idOf = async (rule: FallbackRule, userId: string): Promise<string | undefined> =>
    (await withFallback(organizations, rule).findFallback(userId))?.organizationId

  it('is given the sole one, with the permissions of the moment', async () => {
    const [site] = own as [Site]
    const found = await withFallback(organizations, 'sole-membership').findFallback('only-0')
    expect(found).toMatchObject({ organizationId: site.id, permissions: expect.any(Array) as string[] })
    // An owner of all sites, and nobody at all.
    expect(await idOf('sole-membership', 'owner')).toBeUndefined()
    expect(await idOf('sole-membership', 'nobody')).toBeUndefined()
  })

  it('is given the default one, as a member of it', async () => {
    const [row] = await database.admin<{ id: string }>(
      'select id::text as id from partywall.organizations where is_default',
    )
    expect(await organizations.findDefaultOrganization()).toBe(row?.id)
    expect(await idOf('default-organization', 'only-0')).toBeUndefined()
    await tenancy.run({ organizationId: String(row?.id), actor: system }, () =>
      organizations.addMember({ userId: 'from-before', role: 'member' }),
    )
    expect(await idOf('default-organization', 'from-before')).toBe(row?.id)
  })
})
