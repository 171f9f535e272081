import type { Tenancy } from '@partywall/tenancy-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSites } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'
import { createOrganizations } from './organizations.ts'
import type { Organizations } from './organizations.ts'

let sites: Sites
let site: Site

beforeAll(async () => {
  sites = await createSites()
  site = await sites.newSite()
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

/** The first statement that a call sends through the pool. */
async function statementOf(call: (organizations: Organizations) => Promise<unknown>): Promise<string> {
  const texts: string[] = []
  const pool = {
    query: (text: string, values: unknown[]) => {
      texts.push(text)
      return sites.tenancy.pool.query(text, values)
    },
  }
  const listening = new Proxy(sites.tenancy, {
    get: (tenancy, name: keyof Tenancy) => {
      const value: unknown = name === 'pool' ? pool : tenancy[name]
      return typeof value === 'function' ? (value.bind(tenancy) as unknown) : value
    },
  })
  await site.as('owner', () => call(createOrganizations(listening)))
  return texts[0] ?? ''
}

/** The plan that PostgreSQL keeps for a prepared statement, as the application's login, of an index where there is one. */
async function keptPlan(text: string): Promise<string> {
  return await site.as('owner', async () => {
    const client = await sites.tenancy.pool.connect()
    try {
      await client.query('begin')
      for (const setting of ['enable_seqscan', 'enable_bitmapscan', 'enable_sort'])
        await client.query(`set local ${setting} = off`)
      await client.query('set local plan_cache_mode = force_generic_plan')
      await client.query(`prepare page as ${text}`)
      const count = Math.max(...[...text.matchAll(/\$(\d)/g)].map(([, number]) => Number(number)))
      const values = Array.from({ length: count }, (_, at) => (at === 1 ? '10' : 'null'))
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain execute page (${values.join(', ')})`)
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    } finally {
      await client.query('rollback')
      await client.query('deallocate page')
      client.release()
    }
  })
}

describe('a page', () => {
  it.each<readonly [string, RegExp, (organizations: Organizations) => Promise<unknown>]>([
    ['members', /Index Cond: .*user_id > \$1/, (o) => o.members()],
    ['API keys', /Index Cond: .*\bid > \$1/, (o) => o.apiKeys()],
    ['invitations', /Index Cond: .*ROW\((?:o\.)?email, (?:o\.)?id\) > ROW/, (o) => o.invitations()],
  ])('of %s begins in the index where it begins, under row-level security', async (_, begins, call) => {
    const plan = await keptPlan(await statementOf(call))
    expect(plan).toMatch(begins)
    expect(plan).not.toContain('Sort')
  })
})
