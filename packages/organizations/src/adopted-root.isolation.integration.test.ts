import type { Tenancy } from '@partywall/tenancy-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createConvertedDatabase } from './converted-database.fixture.ts'
import type { ConvertedDatabase } from './converted-database.fixture.ts'
import { createOrganizations } from './organizations.ts'
import type { Organizations } from './organizations.ts'

const actor = { type: 'system', id: 'test' } as const

/** A service that has teams, whose ids are numbers. */
const teams = `;
  create table teams (id bigint generated always as identity primary key, name text not null);
  alter table projects add column team_id bigint not null references teams;
  insert into teams (name) values ('Red'), ('Blue');
  insert into projects (name, team_id) values ('apples', 1), ('berries', 2)`

let database: ConvertedDatabase
let tenancy: Tenancy
let organizations: Organizations

beforeAll(async () => {
  const config = { root: { table: 'teams', name: 'name' }, tenantColumn: 'team_id' }
  database = await createConvertedDatabase('enforce', teams, config)
  tenancy = database.open()
  organizations = createOrganizations(tenancy)
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

async function newTeam(name: string): Promise<string> {
  const insert = 'insert into teams (name) values ($1) returning id::text'
  const { rows } = await tenancy.operator({ reason: 'a new team', actor }, (pool) =>
    pool.query<{ id: string }>(insert, [name]),
  )
  return rows[0]?.id ?? ''
}

describe('organizations that are rows of the host', () => {
  it('are given a slug, a name and an owner once the row is there', async () => {
    const id = await newTeam('Green')
    const created = await organizations.create({
      id,
      slug: 'green',
      name: 'Green team',
      owner: { userId: 'ada' },
      actor,
    })
    expect(created).toMatchObject({ id, slug: 'green', name: 'Green team', status: 'active' })
    expect(await organizations.findMembership({ organization: 'green', userId: 'ada' })).toMatchObject({
      organizationId: id,
      role: 'owner',
    })
    expect(await organizations.findMembership({ organization: id, userId: 'ada' })).toMatchObject({ slug: 'green' })
    expect(await organizations.findMembership({ organization: `0${id}`, userId: 'ada' })).toBeUndefined()
  })

  it('are joined by invitation, and entered by key', async () => {
    const id = await newTeam('Amber')
    await organizations.create({ id, slug: 'amber', name: 'Amber', owner: { userId: 'ada' }, actor })
    const ada = { organizationId: id, actor: { type: 'user', id: 'ada' } } as const
    const email = 'bob@example.com'
    const { token = '' } = await tenancy.run(ada, () => organizations.invite({ email, role: 'member' }))
    expect(await organizations.findInvitation(token)).toMatchObject({ organizationId: id, slug: 'amber' })
    expect(await organizations.acceptInvitation({ token, userId: 'cy', email })).toMatchObject({ organizationId: id })
    const { text } = await tenancy.run(ada, () => organizations.createApiKey({ name: 'CI', permissions: ['a:b'] }))
    expect(await organizations.authenticateApiKey(`Bearer ${text}`)).toMatchObject({ organizationId: id })
  })

  it.each([undefined, '999'])('cannot be made without a row (id %s)', async (id) => {
    const wanted = {
      slug: 'nowhere',
      name: 'Nowhere',
      owner: { userId: 'ada' },
      actor,
      ...(id === undefined ? {} : { id }),
    }
    await expect(organizations.create(wanted)).rejects.toMatchObject({ code: 'ORGANIZATION_ROOT_MISSING' })
  })

  it('see their own row and what belongs to it, by the id as text', async () => {
    const read = (organizationId: string) =>
      tenancy.run({ organizationId }, async () => {
        const { rows } = await tenancy.pool.query<{ team: string; project: string }>(
          'select t.name as team, p.name as project from teams t left join projects p on p.team_id = t.id',
        )
        return rows
      })
    expect(await read('1')).toEqual([{ team: 'Red', project: 'apples' }])
    expect(await read('2')).toEqual([{ team: 'Blue', project: 'berries' }])
    await expect(read('01')).rejects.toMatchObject({ code: '22023' })
    await expect(read('red')).rejects.toMatchObject({ code: '22P02' })
  })

  it('write with their scope alone, many at once', async () => {
    const names = Array.from({ length: 60 }, (_, at) => ({ organizationId: String(1 + (at % 2)), name: `many ${at}` }))
    await Promise.all(
      names.map(({ organizationId, name }) =>
        tenancy.run({ organizationId }, () => tenancy.pool.query('insert into projects (name) values ($1)', [name])),
      ),
    )
    const rows = await database.admin<{ team: string; name: string }>(
      "select team_id::text as team, name from projects where name like 'many %'",
    )
    expect(rows).toHaveLength(60)
    expect(rows.every(({ team, name }) => team === String(1 + (Number(name.slice(5)) % 2)))).toBe(true)
  })

  it('take their members along when the row goes', async () => {
    const id = await newTeam('Short')
    await organizations.create({ id, slug: 'short', name: 'Short', owner: { userId: 'bob' }, actor })
    await tenancy.operator({ reason: 'the team is gone', actor }, (pool) =>
      pool.query('delete from teams where id = $1', [id]),
    )
    expect(await organizations.listMine('bob')).toEqual([])
  })
})
