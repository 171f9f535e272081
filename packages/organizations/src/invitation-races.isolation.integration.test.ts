import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSites } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'
import { digestOf, randomText } from './token.ts'

let sites: Sites
let clients: readonly Client[]

beforeAll(async () => {
  sites = await createSites()
  clients = [0, 1].map(() => new Client({ connectionString: sites.database.appUrl }))
  await Promise.all(clients.map((client) => client.connect()))
})

afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()))
  await sites[Symbol.asyncDispose]()
})

const turns = 10
type Level = 'read committed' | 'repeatable read'

/** A call of a function of the control plane. */
type Call = readonly [name: string, ...values: unknown[]]

interface Race {
  readonly title: string
  /** Two calls of which one at most may do what it is for. */
  readonly calls: (site: Site) => Promise<readonly [Call, Call]>
  /** Four are taken. */
  readonly seats?: number
  /** What is taken away so that both do it: pieces of functions, and statements. */
  readonly sabotage: readonly (readonly [name: string, piece: string | RegExp, instead: string])[]
  /** A statement that takes a guard of a table away, and one that brings it back. */
  readonly table?: readonly [string, string]
}

const draw = (): Buffer => digestOf(randomText(44))

async function invited(
  site: Site,
  email = 'bob@example.com',
): Promise<{ readonly id: string; readonly digest: Buffer }> {
  const { organizations } = sites
  const { id, token = '' } = await site.as('owner', () => organizations.invite({ email, role: 'member' }))
  return { id, digest: digestOf(token) }
}

const tokenStays = [
  'accept_invitation',
  /delete from (\S+) t where t.digest = token_digest returning t.invitation_id into invitation_id/,
  'select t.invitation_id into invitation_id from $1 t where t.digest = token_digest',
] as const
const anyStatus = ['accept_invitation', "i.status = 'pending' and ", ''] as const

const races: readonly Race[] = [
  {
    title: 'two users who accept with one token',
    calls: async (site) => {
      const { digest } = await invited(site)
      return [
        ['accept_invitation', digest, 'bob', null],
        ['accept_invitation', digest, 'eve', null],
      ]
    },
    sabotage: [tokenStays, anyStatus],
  },
  {
    title: 'one who accepts and one who revokes',
    calls: async (site) => {
      const { id, digest } = await invited(site)
      return [
        ['accept_invitation', digest, 'bob', null],
        ['revoke_invitation', 'owner', id],
      ]
    },
    sabotage: [anyStatus, ['revoke_invitation', /delete from [^;]*;/, '']],
  },
  {
    title: 'one who accepts with a token that another replaces',
    calls: async (site) => {
      const { id, digest } = await invited(site)
      return [
        ['accept_invitation', digest, 'bob', null],
        ['resend_invitation', 'owner', id, draw(), 3600],
      ]
    },
    sabotage: [['resend_invitation', /delete from [^;]*;/, '']],
    table: [
      'alter table partywall.invitation_tokens drop constraint invitation_tokens_invitation_id_key',
      `delete from partywall.invitation_tokens;
       alter table partywall.invitation_tokens add constraint invitation_tokens_invitation_id_key unique (invitation_id)`,
    ],
  },
  {
    title: 'two who accept where one seat is left',
    seats: 5,
    calls: async (site) => {
      const [first, second] = [await invited(site), await invited(site, 'eve@example.com')]
      return [
        ['accept_invitation', first.digest, 'bob', null],
        ['accept_invitation', second.digest, 'eve', null],
      ]
    },
    sabotage: [],
    table: [
      'alter table partywall.organizations disable trigger keep_member_counts',
      'alter table partywall.organizations enable trigger keep_member_counts',
    ],
  },
  {
    title: 'two who invite one address',
    calls: async () => {
      const invite = (): Call => ['invite_member', 'owner', 'bob@example.com', 'member', draw(), 3600]
      return [invite(), invite()]
    },
    sabotage: [['add_invitation', "on conflict (organization_id, email) where status = 'pending' do nothing", '']],
    table: [
      'drop index partywall.invitations_pending_key',
      `delete from partywall.invitations;
       create unique index invitations_pending_key on partywall.invitations (organization_id, email) where status = 'pending'`,
    ],
  },
  {
    title: 'one who rotates a key that another revokes',
    calls: async (site) => {
      const key = { name: 'CI', permissions: ['tests:read'] }
      const { id } = await site.as('owner', () => sites.organizations.createApiKey(key))
      return [
        ['revoke_api_key', 'owner', id],
        ['rotate_api_key', 'owner', id, draw(), 0, null],
      ]
    },
    sabotage: [['lock_api_key', ' and k.revoked_at is null', '']],
    table: ['select 1', 'delete from partywall.api_key_secrets'],
  },
]

/** Both have begun, with a snapshot, before either calls. */
async function run(race: Race, level: Level): Promise<readonly string[]> {
  const site = await sites.newSite(race.seats)
  const calls = await race.calls(site)
  for (const client of clients) {
    await client.query(`begin isolation level ${level}`)
    await client.query(
      "select set_config('app.current_tenant_id', $1, true), (select count(*) from partywall.memberships)",
      [site.id],
    )
  }
  return await Promise.all(calls.map((call, at) => finish(clients[at] as Client, call)))
}

async function finish(client: Client, [name, ...values]: Call): Promise<string> {
  try {
    const places = values.map((_, at) => `$${at + 1}`).join(', ')
    await client.query(`select from partywall.${name}(${places})`, values)
    await client.query('commit')
    return 'done'
  } catch (error) {
    await client.query('rollback')
    return (error as { code: string }).code
  }
}

async function replaceFunction(name: string, change: (source: string) => string): Promise<string> {
  const { database } = sites
  const found =
    "select pg_get_functiondef(oid) as source from pg_proc where proname = $1 and pronamespace = 'partywall'::regnamespace"
  const [row] = await database.admin<{ source: string }>(found, [name])
  const source = row?.source ?? ''
  expect(change(source)).not.toBe(source)
  await database.admin(change(source))
  return source
}

/** Takes the guards of a race away for the length of the work. */
async function sabotaged({ sabotage, table }: Race, work: () => Promise<void>): Promise<void> {
  const sources: string[] = []
  for (const [name, piece, instead] of sabotage) {
    sources.unshift(await replaceFunction(name, (source) => source.replace(piece, instead)))
  }
  if (table !== undefined) await sites.database.admin(table[0])
  await work()
  if (table !== undefined) await sites.database.admin(table[1])
  for (const source of sources) await sites.database.admin(source)
}

async function bothDone(race: Race, level: Level): Promise<number> {
  let violations = 0
  for (let turn = 0; turn < turns; turn += 1) {
    const outcomes = await run(race, level)
    if (outcomes.every((outcome) => outcome === 'done') && !(await isHarmless(race))) violations += 1
  }
  return violations
}

/** A key that was rotated and then revoked has no secret. */
async function isHarmless({ title }: Race): Promise<boolean> {
  if (!title.includes('rotates')) return false
  const sql = `select count(*)::int as secrets from partywall.api_key_secrets s
    join partywall.api_keys k on k.id = s.key_id where k.revoked_at is not null`
  const [row] = await sites.database.admin<{ secrets: number }>(sql)
  return row?.secrets === 0
}

describe.each(races)('of $title', (race) => {
  it.each(['read committed', 'repeatable read'] as const)('one at most succeeds, at %s', async (level) => {
    expect(await bothDone(race, level)).toBe(0)
  })
})

describe.each(races)('without its guard, of $title', (race) => {
  it('both succeed, which the race tells', async () => {
    await sabotaged(race, async () => {
      expect(await bothDone(race, 'read committed')).toBeGreaterThan(0)
    })
    expect(await bothDone(race, 'read committed')).toBe(0)
  })
})
