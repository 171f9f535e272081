import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tenancy, TenancyEvent } from '@partywall/tenancy-core'
import { createConvertedDatabase } from './converted-database.fixture.ts'
import type { ConvertedDatabase } from './converted-database.fixture.ts'
import { createOrganizations } from './organizations.ts'
import type { Organizations } from './organizations.ts'

const actor = { type: 'system', id: 'test' } as const

let database: ConvertedDatabase
let tenancy: Tenancy
let organizations: Organizations
let events: TenancyEvent[]
let acme: string
let globex: string

beforeAll(async () => {
  database = await createConvertedDatabase('enforce')
  events = []
  tenancy = database.open({ onEvent: (event) => void events.push(event) })
  organizations = createOrganizations(tenancy)
  acme = (await organizations.create({ slug: 'acme', name: 'Acme', owner: { userId: 'ada' }, actor })).id
  globex = (await organizations.create({ slug: 'globex', name: 'Globex', owner: { userId: 'bob' }, actor })).id
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

describe('organizations.create', () => {
  it('creates the organization and its owner together, in an operator scope', async () => {
    events.length = 0
    const created = await organizations.create({ slug: 'initech', name: 'Initech', owner: { userId: 'ada' }, actor })
    expect(created).toMatchObject({ slug: 'initech', name: 'Initech', status: 'active', createdAt: expect.any(Date) })
    const members = await tenancy.run({ organizationId: created.id }, () => organizations.members())
    expect(members).toMatchObject([{ userId: 'ada', role: 'owner', status: 'active' }])
    expect(events).toMatchObject([{ type: 'operator.opened', reason: 'create the organization initech', actor }, {}])
  })

  it('refuses a slug that is taken and leaves nothing behind', async () => {
    const again = organizations.create({ slug: 'acme', name: 'Acme again', owner: { userId: 'eve' }, actor })
    await expect(again).rejects.toMatchObject({ code: 'ORGANIZATION_SLUG_TAKEN', details: { slug: 'acme' } })
    expect(await organizations.listMine('eve')).toEqual([])
  })

  it.each([
    ['Acme', 'A', 'ada'],
    ['-a', 'A', 'ada'],
    ['a'.repeat(64), 'A', 'ada'],
    ['ok', ' ', 'ada'],
    ['ok', 'a'.repeat(201), 'ada'],
    ['ok', 'nul\0', 'ada'],
    ['ok', 'A', ''],
    ['ok', 'A', 'nul\0'],
  ])('refuses %j, %j, %j before anything is sent', async (slug, name, userId) => {
    const refused = organizations.create({ slug, name, owner: { userId }, actor })
    await expect(refused).rejects.toMatchObject({ code: 'ORGANIZATION_INVALID' })
  })

  it('takes every name that the database takes', async () => {
    const name = '🧱'.repeat(200)
    const owner = { userId: 'ada' }
    await expect(organizations.create({ slug: 'x'.repeat(63), name, owner, actor })).resolves.toMatchObject({ name })
  })

  it('needs an operator login', async () => {
    const bare = createOrganizations(database.open({ operator: undefined }))
    const refused = bare.create({ slug: 'nope', name: 'Nope', owner: { userId: 'ada' }, actor })
    await expect(refused).rejects.toMatchObject({ code: 'OPERATOR_UNAVAILABLE' })
  })
})

describe('organizations.findMembership', () => {
  it('finds a member by the slug and by the id of the organization', async () => {
    const expected = {
      organizationId: acme,
      slug: 'acme',
      organizationStatus: 'active',
      role: 'owner',
      membershipStatus: 'active',
      permissions: ['*:*'],
    }
    expect(await organizations.findMembership({ organization: 'acme', userId: 'ada' })).toEqual(expected)
    expect(await organizations.findMembership({ organization: acme, userId: 'ada' })).toEqual(expected)
  })

  it('gives the same answer for an unknown organization and for a foreign one', async () => {
    expect(await organizations.findMembership({ organization: 'globex', userId: 'ada' })).toBeUndefined()
    expect(await organizations.findMembership({ organization: 'nowhere', userId: 'ada' })).toBeUndefined()
  })

  it('prefers the id over a slug that imitates it', async () => {
    const created = await organizations.create({ slug: 'fake', name: 'Fake', owner: { userId: 'bob' }, actor })
    // Not through the package, which refuses a slug that looks like an id.
    await database.admin('update partywall.organizations set slug = $1 where id = $2', [globex, created.id])
    const found = await organizations.findMembership({ organization: globex, userId: 'bob' })
    expect(found).toMatchObject({ organizationId: globex, slug: 'globex' })
    const imitation = await organizations.findMembership({ organization: created.id, userId: 'bob' })
    expect(imitation).toMatchObject({ slug: globex })
  })

  it('asks without a tenant, whatever scope the caller is in', async () => {
    const membership = await tenancy.run({ organizationId: globex }, () =>
      organizations.findMembership({ organization: 'acme', userId: 'ada' }),
    )
    expect(membership?.slug).toBe('acme')
  })
})

describe('organizations.listMine', () => {
  it('lists the organizations of one user and of nobody else', async () => {
    const slugs = (await organizations.listMine('ada')).map(({ slug }) => slug)
    expect(slugs).toEqual(expect.arrayContaining(['acme', 'initech']))
    expect(slugs).not.toContain('globex')
    expect(await organizations.listMine('nobody')).toEqual([])
  })
})

describe('the members of an organization', () => {
  it('are added to the organization in scope only', async () => {
    const inAcme = { organizationId: acme, actor }
    const added = await tenancy.run(inAcme, () => organizations.addMember({ userId: 'cleo', role: 'viewer' }))
    expect(added).toMatchObject({ userId: 'cleo', role: 'viewer', status: 'active' })
    const rows = await database.admin(
      "select organization_id::text as id from partywall.memberships where user_id = 'cleo'",
    )
    expect(rows).toEqual([{ id: acme }])
  })

  it.each([
    `insert into partywall.memberships (organization_id, user_id, role) values (partywall.current_tenant_id(), 'bob', 'viewer')`,
    `update partywall.memberships set role = 'owner'`,
    'delete from partywall.memberships',
    `update partywall.organizations set status = 'active'`,
  ])('cannot be written by the application itself: %s', async (statement) => {
    const attempt = tenancy.run({ organizationId: acme }, () => tenancy.pool.query(statement))
    await expect(attempt).rejects.toMatchObject({ code: '42501' })
  })

  it('are added once', async () => {
    const add = () =>
      tenancy.run({ organizationId: acme, actor }, () => organizations.addMember({ userId: 'dan', role: 'member' }))
    await add()
    await expect(add()).rejects.toMatchObject({ code: 'MEMBER_EXISTS' })
  })

  it('are listed page by page, of both organizations at once', async () => {
    const turns = Array.from({ length: 32 }, (_, n) => (n % 2 === 0 ? acme : globex))
    const lists = await Promise.all(
      turns.map((organizationId) => tenancy.run({ organizationId }, () => organizations.members())),
    )
    for (const [at, members] of lists.entries()) {
      const ids = members.map(({ userId }) => userId)
      expect(ids).toEqual(turns[at] === acme ? ['ada', 'cleo', 'dan'] : ['bob'])
    }
    const second = await tenancy.run({ organizationId: acme }, () => organizations.members({ limit: 1, after: 'ada' }))
    expect(second.map(({ userId }) => userId)).toEqual(['cleo'])
  })

  it('are out of reach outside a scope, and in an operator scope', async () => {
    await expect(organizations.members()).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    const member = { userId: 'eve', role: 'owner' } as const
    await expect(organizations.addMember(member)).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
    const crossing = tenancy.operator({ reason: 'test', actor }, () => organizations.members())
    await expect(crossing).rejects.toMatchObject({ code: 'TENANT_REQUIRED' })
  })

  it('refuses a role and a page that do not exist', async () => {
    await tenancy.run({ organizationId: acme, actor }, async () => {
      const king = organizations.addMember({ userId: 'eve', role: 'king' })
      await expect(king).rejects.toMatchObject({ code: 'ROLE_UNKNOWN' })
      await expect(organizations.members({ limit: 0 })).rejects.toMatchObject({ code: 'MEMBER_INVALID' })
    })
  })
})

describe('before contract', () => {
  it('refuses a second organization and names the command', async () => {
    await using early = await createConvertedDatabase('expand')
    const refused = createOrganizations(early.open()).create({ slug: 'b', name: 'B', owner: { userId: 'ada' }, actor })
    await expect(refused).rejects.toMatchObject({
      code: 'ORGANIZATION_TOO_EARLY',
      message: expect.stringContaining('partywall apply --to contract') as string,
    })
  })
})
