import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createConvertedDatabase } from './converted-database.fixture.ts'
import type { ConvertedDatabase } from './converted-database.fixture.ts'
import { createOrganizations } from './organizations.ts'
import type { Organizations } from './organizations.ts'

const actor = { type: 'system', id: 'test' } as const
const users = { table: 'users' }

let database: ConvertedDatabase
let organizations: Organizations

beforeAll(async () => {
  const people = `insert into users select 'u' || lpad(n::text, 4, '0'), 'User' || n || '@example.com' from generate_series(1, 1003) n`
  database = await createConvertedDatabase('enforce', people)
  organizations = createOrganizations(database.open())
})

beforeEach(async () => {
  // Past the triggers, which keep the last owner of an organization.
  await database.admin(`set session_replication_role = replica; delete from partywall.memberships;
    update partywall.organizations set owner_count = 0, member_count = 0`)
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

async function roles(): Promise<Record<string, number>> {
  const rows = await database.admin<{ role: string; count: number }>(
    'select role, count(*)::int from partywall.memberships where organization_id = $1 group by 1',
    [database.defaultId],
  )
  return Object.fromEntries(rows.map(({ role, count }) => [role, count]))
}

describe('organizations.importMembers', () => {
  it('makes every user a member of the default organization, in batches, and one the owner', async () => {
    const result = await organizations.importMembers({ users, batchSize: 100, actor })
    expect(result).toEqual({
      imported: 1003,
      alreadyMembers: 0,
      owner: 'User1@example.com',
      dryRun: false,
      roles: { member: 1002, owner: 1 },
      kept: 0,
    })
    expect(await roles()).toEqual({ owner: 1, member: 1002 })
  })

  it.each([3, 17, 1003, 5000])('sees every user once in batches of %i', async (batchSize) => {
    const { imported } = await organizations.importMembers({ users, batchSize, actor })
    expect(imported).toBe(1003)
    expect(await roles()).toEqual({ owner: 1, member: 1002 })
  })

  it('takes the owner by the e-mail address in any case, and everybody else in the role', async () => {
    const result = await organizations.importMembers({ users, owner: 'USER7@example.com', role: 'viewer', actor })
    expect(result).toMatchObject({ imported: 1003, owner: 'User7@example.com' })
    expect(await roles()).toEqual({ owner: 1, viewer: 1002 })
    expect(await organizations.findMembership({ organization: 'default', userId: 'u0007' })).toMatchObject({
      role: 'owner',
    })
  })

  it('changes nothing when it is repeated, and adds who is new', async () => {
    await organizations.importMembers({ users, role: 'viewer', actor })
    await database.admin("update partywall.memberships set status = 'suspended' where user_id = 'u0500'")
    await database.admin("delete from partywall.memberships where user_id = 'u0900'")
    const again = await organizations.importMembers({ users, actor })
    expect(again).toEqual({
      imported: 1,
      alreadyMembers: 1002,
      owner: null,
      dryRun: false,
      roles: { member: 1 },
      kept: 1002,
    })
    expect(await roles()).toEqual({ owner: 1, viewer: 1001, member: 1 })
    const suspended = await organizations.findMembership({ organization: 'default', userId: 'u0500' })
    expect(suspended?.membershipStatus).toBe('suspended')
  })

  it('makes a member a second owner when that is asked for, and never otherwise', async () => {
    await organizations.importMembers({ users, owner: 'User1@example.com', actor })
    for (const dryRun of [true, false]) {
      const second = organizations.importMembers({ users, owner: 'User2@example.com', dryRun, actor })
      await expect(second).rejects.toMatchObject({ code: 'OWNER_EXISTS' })
    }
    await organizations.importMembers({ users, owner: 'User1@example.com', actor })
    expect(await roles()).toEqual({ owner: 1, member: 1002 })
    const again = await organizations.importMembers({
      users,
      owner: 'User2@example.com',
      besideOtherOwners: true,
      actor,
    })
    expect(again).toMatchObject({ imported: 0, alreadyMembers: 1003, owner: 'User2@example.com' })
    expect(await roles()).toEqual({ owner: 2, member: 1001 })
  })

  it('counts the same and changes nothing in a dry run', async () => {
    const dry = await organizations.importMembers({ users, dryRun: true, actor })
    expect(dry).toEqual({
      imported: 1003,
      alreadyMembers: 0,
      owner: 'User1@example.com',
      dryRun: true,
      roles: { member: 1002, owner: 1 },
      kept: 0,
    })
    expect(await roles()).toEqual({})
    expect(await organizations.importMembers({ users, actor })).toEqual({ ...dry, dryRun: false })
  })

  it('imports into the organization that is named', async () => {
    const owner = { userId: 'u0001' }
    const { id } = await organizations.create({ slug: 'second', name: 'Second', owner, actor })
    const result = await organizations.importMembers({ users, organization: 'second', actor })
    expect(result).toMatchObject({ imported: 1002, alreadyMembers: 1, owner: null })
    expect(await roles()).toEqual({})
    await database.admin('delete from partywall.organizations where id = $1', [id])
  })

  it.each([
    [{ owner: 'nobody@example.com' }, 'OWNER_UNKNOWN'],
    [{ organization: 'nowhere' }, 'ORGANIZATION_UNKNOWN'],
    [{ batchSize: 0 }, 'CONFIGURATION_INVALID'],
    [{ role: 'king' }, 'ROLE_UNKNOWN'],
    [{ role: 'The King' }, 'CONFIGURATION_INVALID'],
    [{ roles: { column: 'id', map: { u0001: 'king' } } }, 'ROLE_UNKNOWN'],
  ])('refuses %j and changes nothing', async (options, code) => {
    await expect(organizations.importMembers({ users, ...options, actor })).rejects.toMatchObject({ code })
    expect(await roles()).toEqual({})
  })

  it('leaves one owner, however many imports name one at the same time', async () => {
    const imports = Array.from({ length: 6 }, (_, n) =>
      organizations.importMembers({ users, owner: `User${n + 1}@example.com`, batchSize: 300, actor }),
    )
    const outcomes = await Promise.allSettled(imports)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'OWNER_EXISTS' })
    }
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await roles()).toEqual({ owner: 1, member: 1002 })
  })

  describe('with roles of the host', () => {
    beforeAll(async () => {
      await database.admin(`alter table users add column kind text;
        update users set kind = case when id < 'u0003' then 'boss' when id < 'u0010' then 'guest' when id < 'u0020' then 'bot' end`)
    })
    afterAll(() => database.admin('alter table users drop column kind'))

    const map = { boss: 'admin', guest: 'viewer' }

    it.each([7, 5000])('maps them, in batches of %i', async (batchSize) => {
      const all = { ...map, bot: 'viewer' }
      const request = { users, roles: { column: 'kind', map: all }, owner: 'user9@example.com', batchSize, actor }
      const dry = await organizations.importMembers({ ...request, dryRun: true })
      expect(dry).toMatchObject({
        imported: 1003,
        alreadyMembers: 0,
        roles: { owner: 1, admin: 2, viewer: 16, member: 984 },
      })
      expect(await organizations.importMembers(request)).toEqual({ ...dry, dryRun: false })
      expect(await roles()).toEqual({ owner: 1, admin: 2, viewer: 16, member: 984 })
      const again = await organizations.importMembers(request)
      expect(again).toMatchObject({ imported: 0, alreadyMembers: 1003, roles: {}, kept: 0 })
    })

    it('refuses values that nobody mapped, and counts them, unless * stands for all others', async () => {
      const refused = organizations.importMembers({ users, roles: { column: 'kind', map }, actor })
      const values = [{ value: 'bot', users: 10 }]
      await expect(refused).rejects.toMatchObject({ code: 'ROLE_UNMAPPED', details: { users: 10, values } })
      expect(await roles()).toEqual({})
      const others = { boss: 'owner', '*': 'viewer' }
      const imported = await organizations.importMembers({ users, roles: { column: 'kind', map: others }, actor })
      expect(imported).toMatchObject({ roles: { owner: 2, viewer: 17, member: 984 }, owner: 'User1@example.com' })
    })

    it('makes who the host says is an owner the owner, and nobody else beside', async () => {
      await database.admin("update users set kind = 'chief' where id = 'u0500'")
      const roleMap = { chief: 'owner', '*': 'member' }
      const imported = await organizations.importMembers({ users, roles: { column: 'kind', map: roleMap }, actor })
      expect(imported).toMatchObject({ owner: 'User500@example.com', roles: { owner: 1, member: 1002 } })
      expect(await roles()).toEqual({ owner: 1, member: 1002 })
    })

    it('lowers nobody, the last owner least of all', async () => {
      await organizations.importMembers({ users, owner: 'user1@example.com', role: 'viewer', actor })
      const again = await organizations.importMembers({
        users,
        roles: { column: 'kind', map: { '*': 'member' } },
        actor,
      })
      expect(again).toMatchObject({ imported: 0, kept: 1003, owner: null })
      expect(await roles()).toEqual({ owner: 1, viewer: 1002 })
    })
  })

  it('imports nobody where the seats do not suffice, and tells so in a dry run', async () => {
    const limit = (seatLimit: number | null) =>
      organizations.setSeatLimit({ organizationId: database.defaultId, seatLimit, actor })
    await limit(1002)
    for (const dryRun of [true, false]) {
      const refused = organizations.importMembers({ users, dryRun, actor })
      await expect(refused).rejects.toMatchObject({ code: 'SEATS_EXHAUSTED', details: { free: 1002, imported: 1003 } })
    }
    expect(await roles()).toEqual({})
    await limit(null)
  })

  it('refuses an e-mail address that several users have, unless one has it exactly', async () => {
    await database.admin("insert into users values ('x1', 'twin@example.com'), ('x2', 'Twin@example.com')")
    const ambiguous = organizations.importMembers({ users, owner: 'TWIN@example.com', actor })
    await expect(ambiguous).rejects.toMatchObject({ code: 'OWNER_AMBIGUOUS' })
    const exact = await organizations.importMembers({ users, owner: 'Twin@example.com', actor })
    expect(exact.owner).toBe('Twin@example.com')
    await database.admin("delete from users where id in ('x1', 'x2')")
  })
})
