import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAppLogin } from './create-app-login.ts'
import { randomName, runStatements, type TestDatabase } from './postgres-server.ts'
import { testServer } from './vitest.ts'
import { withClient } from './with-client.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await (await testServer()).createDatabase()
})

afterAll(async () => {
  await database.drop()
})

async function query(url: string, sql: string): Promise<unknown[]> {
  return await withClient({ connectionString: url }, async (client) => (await client.query(sql)).rows)
}

describe('createAppLogin', () => {
  it('creates a role that can log in and nothing more', async () => {
    await using login = await createAppLogin(database.url())
    const sql = `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin
      from pg_roles where rolname = current_user`
    expect(await query(login.url, sql)).toEqual([
      {
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
        rolcanlogin: true,
      },
    ])
  })

  it('inherits the rights of the roles it belongs to', async () => {
    const group = randomName('readers')
    await runStatements(database.url(), [
      `create role ${group} nologin`,
      'create table prices (amount int)',
      `grant select on prices to ${group}`,
    ])
    await using stranger = await createAppLogin(database.url())
    const member = await createAppLogin(database.url(), { memberOf: [group] })
    expect(await query(member.url, 'select * from prices')).toEqual([])
    await expect(query(stranger.url, 'select * from prices')).rejects.toMatchObject({ code: '42501' })
    await member.drop()
    await runStatements(database.url(), ['drop table prices', `drop role ${group}`])
  })

  it('drops the role with its grants and objects, also when asked twice', async () => {
    const login = await createAppLogin(database.url())
    await runStatements(database.url(), [`grant create on schema public to ${login.role}`])
    await query(login.url, 'create table mine (id int)')
    await login.drop()
    await login.drop()
    expect(await query(database.url(), `select 1 from pg_roles where rolname = '${login.role}'`)).toEqual([])
    expect(await query(database.url(), `select to_regclass('mine') as mine`)).toEqual([{ mine: null }])
  })

  it('drops the role while it is connected and holds a lock', async () => {
    const login = await createAppLogin(database.url())
    await withClient({ connectionString: login.url }, async (client) => {
      await client.query('begin')
      await client.query('create temporary table held (id int)')
      await login.drop()
    })
    expect(await query(database.url(), `select 1 from pg_roles where rolname = '${login.role}'`)).toEqual([])
  })

  it('drops the role when its database is already gone', async () => {
    const other = await (await testServer()).createDatabase()
    const login = await createAppLogin(other.url())
    await other.drop()
    await login.drop()
    expect(await query(database.url(), `select 1 from pg_roles where rolname = '${login.role}'`)).toEqual([])
  })

  it('reports a role it cannot create, without the password', async () => {
    await expect(createAppLogin(database.url(), { memberOf: ['no_such_role'] })).rejects.toMatchObject({
      code: 'POSTGRES_ROLE_FAILED',
      message: expect.not.stringContaining('password'),
    })
  })
})
