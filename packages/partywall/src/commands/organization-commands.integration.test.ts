import { createAppLogin, type AppLogin, type TestDatabase } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'
import { runCli, type ExitCode } from '@partywall/rls-migrations'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../commands.ts'

const schema = `
  create table users (id integer generated always as identity primary key, email text not null unique);
  create table projects (id integer generated always as identity primary key, name text not null);
  insert into users (email) select 'user' || n || '@example.com' from generate_series(1, 12) n;`

interface Answer {
  readonly code: ExitCode
  readonly document: Readonly<Record<string, unknown>>
}

let owner: AppLogin
let database: TestDatabase
let ownerUrl: string

beforeAll(async () => {
  const server = await testServer()
  // As a service has it: the owner of the tables is no superuser, and may create roles.
  owner = await createAppLogin(server.url())
  await query(server.url(), `alter role "${owner.role}" createrole`)
  database = await server.createDatabase({ owner: owner.role })
  const { username, password } = new URL(owner.url)
  ownerUrl = database.url({ user: username, password: decodeURIComponent(password) })
  await query(ownerUrl, schema)
})

afterAll(async () => {
  await database.drop()
  await owner.drop()
})

async function partywall(...argv: string[]): Promise<Answer> {
  let output = ''
  const code = await runCli({
    argv: [...argv, '--json'],
    commands,
    io: {
      write: (text) => void (output += text),
      writeError: () => undefined,
      isLive: false,
      isInteractive: false,
      ask: async () => 'no',
      env: { DATABASE_URL: ownerUrl },
      cwd: import.meta.dirname,
    },
    ports: { startThrowawayDatabase: () => Promise.reject(new Error('not needed here')) },
  })
  return { code, document: JSON.parse(output) as Answer['document'] }
}

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Row>(sql)
    return rows
  } finally {
    await client.end()
  }
}

async function members(slug: string): Promise<unknown[]> {
  return await query(
    database.url(),
    `select m.role, count(*)::int from partywall.memberships m join partywall.organizations o on o.id = m.organization_id
     where o.slug = '${slug}' group by 1 order by 1`,
  )
}

const create = ['organizations', 'create', '--slug', 'acme', '--name', 'Acme', '--owner', 'user3@example.com']

// One database goes through the phases: the order of these tests is the order in which a host meets the commands.
describe('before the conversion', () => {
  it('refuses both commands and names the next one', async () => {
    const expected = {
      code: 1,
      document: { error: { code: 'NOT_CONVERTED', message: expect.stringContaining('partywall apply') as string } },
    }
    expect(await partywall('members', 'import')).toMatchObject(expected)
    expect(await partywall(...create)).toMatchObject(expected)
  })

  it('refuses what was typed wrong', async () => {
    expect(await partywall('members', 'import', '--role', 'The King')).toMatchObject({ code: 2 })
    for (const wrong of [
      ['--role-column', 'kind'],
      ['--role-map', 'a=admin'],
      ['--role-column', 'kind', '--role-map', 'admin'],
    ]) {
      expect(await partywall('members', 'import', ...wrong)).toMatchObject({ code: 2 })
    }
    expect(await partywall('organizations', 'create', '--slug', 'acme')).toMatchObject({ code: 2 })
  })
})

describe('in expand', () => {
  beforeAll(async () => {
    expect(await partywall('apply', '--to', 'expand', '--yes')).toMatchObject({ code: 0 })
  })

  it('counts in a dry run', async () => {
    const { code, document } = await partywall('members', 'import', '--dry-run')
    expect(code).toBe(0)
    expect(document).toMatchObject({ imported: 12, alreadyMembers: 0, owner: 'user1@example.com', dryRun: true })
    expect(await members('default')).toEqual([])
  })

  it('refuses an owner whom nobody knows', async () => {
    const refused = await partywall('members', 'import', '--owner', 'nobody@example.com')
    expect(refused).toMatchObject({ code: 1, document: { error: { code: 'OWNER_UNKNOWN' } } })
    expect(await members('default')).toEqual([])
  })

  it('imports every user once, however often it runs', async () => {
    const first = await partywall('members', 'import', '--owner', 'user2@example.com', '--role', 'viewer')
    expect(first.document).toMatchObject({ imported: 12, alreadyMembers: 0, owner: 'user2@example.com', dryRun: false })
    const second = await partywall('members', 'import')
    expect(second.document).toMatchObject({ imported: 0, alreadyMembers: 12, owner: null, dryRun: false })
    expect(await members('default')).toEqual([
      { role: 'owner', count: 1 },
      { role: 'viewer', count: 11 },
    ])
  })

  it('refuses a second organization and names the command', async () => {
    expect(await partywall(...create)).toMatchObject({
      code: 1,
      document: { error: { code: 'ORGANIZATION_TOO_EARLY', details: { command: 'partywall apply --to contract' } } },
    })
  })
})

describe('in enforce', () => {
  beforeAll(async () => {
    expect(await partywall('apply', '--to', 'enforce', '--yes')).toMatchObject({ code: 0 })
  })

  it('reads the users as the operator, since the owner reads nothing any more', async () => {
    await expect(query(ownerUrl, 'select * from users')).rejects.toMatchObject({ code: '42501' })
    await query(database.url(), "insert into users (email) values ('new@example.com')")
    const { document } = await partywall('members', 'import')
    expect(document).toMatchObject({ imported: 1, alreadyMembers: 12 })
  })

  it('creates an organization with its owner', async () => {
    const { code, document } = await partywall(...create)
    expect(code).toBe(0)
    expect(document).toMatchObject({ organization: { slug: 'acme', name: 'Acme' }, owner: 'user3@example.com' })
    expect(await members('acme')).toEqual([{ role: 'owner', count: 1 }])
    expect(await partywall(...create)).toMatchObject({ document: { error: { code: 'ORGANIZATION_SLUG_TAKEN' } } })
  })
})

describe('the owner', () => {
  it('keeps nothing of the rights of the operator', async () => {
    const rows = await query(
      database.url(),
      `select pg_has_role('${owner.role}', rolname, 'usage') as inherits from pg_roles
       where rolname = 'partywall_' || current_database() || '_operator'`,
    )
    expect(rows).toEqual([{ inherits: false }])
  })
})

describe('without a table of users', () => {
  it('refuses to import', async () => {
    await query(database.url(), "update partywall.conversion set plan = jsonb_set(plan, '{settings,users}', 'null')")
    const refused = await partywall('members', 'import')
    expect(refused).toMatchObject({ code: 1, document: { error: { code: 'USERS_UNKNOWN' } } })
  })
})
