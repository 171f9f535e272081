import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createAppLogin } from './create-app-login.ts'
import { runStatements, type TestDatabase } from './postgres-server.ts'
import { testServer } from './vitest.ts'
import { withClient } from './with-client.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await (await testServer()).createDatabase()
  await runStatements(database.url(), [
    'create table notes (owner text, body text)',
    `insert into notes values ('ada', 'first'), ('bob', 'second')`,
    'alter table notes enable row level security',
    `create policy own on notes using (owner = current_setting('test.owner', true))`,
    'grant select on notes to public',
  ])
})

afterAll(async () => {
  await database.drop()
})

async function bodies(url: string, owner: string): Promise<string[]> {
  return await withClient({ connectionString: url }, async (client) => {
    await client.query(`select set_config('test.owner', $1, false)`, [owner])
    const { rows } = await client.query<{ body: string }>('select body from notes order by body')
    return rows.map((row) => row.body)
  })
}

describe('a login of createAppLogin', () => {
  it('is bound by row level security where the administrator is not', async () => {
    await using login = await createAppLogin(database.url())
    expect(await bodies(login.url, 'ada')).toEqual(['first'])
    expect(await bodies(login.url, 'bob')).toEqual(['second'])
    expect(await bodies(login.url, 'eve')).toEqual([])
    expect(await bodies(database.url(), 'eve')).toEqual(['first', 'second'])
  })

  it('runs on the source that the environment forces', () => {
    const source = inject('partywallPostgresSource')
    expect(source).toBe(process.env['PARTYWALL_TEST_POSTGRES'] || source)
  })
})
