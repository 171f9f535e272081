import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, createSite } from './site.fixture.ts'
import type { Site } from './site.fixture.ts'

let site: Site
let nodes: readonly { readonly origin: string; readonly child: ChildProcess }[]
let key: Record<string, string>

async function startNode(): Promise<(typeof nodes)[number]> {
  const program = fileURLToPath(new URL('./node.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=partywall-source', program], {
    env: { ...process.env, APP_DATABASE_URL: site.appUrl },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { origin: String(line).trim(), child }
}

beforeAll(async () => {
  site = await createSite()
  nodes = await Promise.all([startNode(), startNode()])
  const acme = await site.organizations.findMembership({ organization: 'acme', userId: 'ada' })
  const scope = { organizationId: acme?.organizationId ?? '', actor: { type: 'user', id: 'ada' } } as const
  const { text } = await site.tenancy.run(scope, () =>
    site.organizations.createApiKey({ name: 'CI', permissions: ['projects:*'] }),
  )
  key = { authorization: `Bearer ${text}` }
})

afterAll(async () => {
  await Promise.all(
    nodes.map(async ({ child }) => {
      child.stdin?.end()
      await once(child, 'exit')
    }),
  )
  await site[Symbol.asyncDispose]()
})

/** What each node answers, asked at once. */
async function ask(headers: Record<string, string>, method = 'GET'): Promise<readonly string[]> {
  return await Promise.all(
    nodes.map(async ({ origin }) => {
      const response = await fetch(`${origin}/projects`, { headers, method })
      const text = await response.text()
      return response.ok ? 'let in' : (JSON.parse(text) as { code: string }).code
    }),
  )
}

const ada = as('ada', 'acme')
const both = (answer: string): readonly string[] => [answer, answer]
const set = (assignment: string): Promise<void> =>
  site.admin(`update partywall.memberships set ${assignment} where user_id = 'ada'`)
const setOrganization = (status: string): Promise<void> =>
  site.admin(`update partywall.organizations set status = $1 where slug = 'acme'`, [status])

describe('two processes that nobody notifies', () => {
  it('refuse a suspended member at the next request, and let in who is back', async () => {
    // Another owner stays, or the database would refuse.
    await site.admin(
      `insert into partywall.memberships (organization_id, user_id, role)
       select id, 'deputy', 'owner' from partywall.organizations where slug = 'acme'`,
    )
    for (let round = 0; round < 5; round += 1) {
      expect([await ask(ada), await ask(key)]).toEqual([both('let in'), both('let in')])
      await set(`status = 'suspended'`)
      expect([await ask(ada), await ask(key)]).toEqual([both('MEMBERSHIP_SUSPENDED'), both('UNAUTHENTICATED')])
      await set(`status = 'active'`)
    }
  })

  it('refuse a suspended organization at the next request, to people and to keys', async () => {
    for (const status of ['suspended', 'deleted']) {
      expect([await ask(ada), await ask(key)]).toEqual([both('let in'), both('let in')])
      await setOrganization(status)
      const refused = both('ORGANIZATION_SUSPENDED')
      expect([await ask(ada), await ask(key), await ask(as('bob', 'globex'))]).toEqual([
        refused,
        refused,
        both('let in'),
      ])
      await setOrganization('active')
    }
  })

  it('take a permission away at the next request', async () => {
    expect([await ask(ada, 'POST'), await ask(key, 'POST')]).toEqual([both('let in'), both('let in')])
    await set(`role = 'viewer'`)
    const denied = both('PERMISSION_DENIED')
    expect([await ask(ada, 'POST'), await ask(key, 'POST'), await ask(ada)]).toEqual([denied, denied, both('let in')])
    await set(`role = 'owner'`)
  })

  it('refuse who was removed as somebody who was never there', async () => {
    await site.admin(`delete from partywall.memberships where user_id = 'viewer-of-acme'`)
    expect(await ask(as('viewer-of-acme', 'acme'))).toEqual(both('ORGANIZATION_NOT_FOUND'))
  })
})
