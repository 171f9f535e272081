import { Client } from 'pg'
import { describe, expect, inject, it } from 'vitest'
import { createAppLogin } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'
import { randomName, runStatements } from './postgres-server.ts'
import { dropTemplates, ensureTemplate } from './template-database.ts'
import { withClient } from './with-client.ts'

async function query(url: string, sql: string): Promise<unknown[]> {
  return await withClient({ connectionString: url }, async (client) => (await client.query(sql)).rows)
}

describe('testServer', () => {
  it('gives the server that the global setup started', async () => {
    const server = await testServer()
    expect([server.url(), server.source]).toEqual([inject('partywallPostgresUrl'), inject('partywallPostgresSource')])
    await using database = await server.createDatabase()
    await using login = await createAppLogin(database.url())
    expect(await query(login.url, 'select current_user::text as role, current_database()::text as name')).toEqual([
      { role: login.role, name: database.name },
    ])
  })

  it('leaves the server running after stop', async () => {
    const server = await testServer()
    await server.stop()
    expect(await query(server.url(), 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('drops a database that someone is still connected to', async () => {
    const server = await testServer()
    const database = await server.createDatabase()
    const client = new Client({ connectionString: database.url() })
    const ended = new Promise((resolve) => client.on('error', resolve))
    await client.connect()
    await database.drop()
    await database.drop()
    await ended
    expect(await query(server.url(), `select 1 from pg_database where datname = '${database.name}'`)).toEqual([])
  })

  it('reports a database it cannot create', async () => {
    const server = await testServer()
    await expect(server.createDatabase({ template: 'no_such_template' })).rejects.toMatchObject({
      code: 'POSTGRES_DATABASE_FAILED',
    })
  })

  it('prepares a template once and clones it for everyone who asks at once', async () => {
    const server = await testServer()
    let preparations = 0
    const name = randomName('notes')
    const prepare = async (url: string): Promise<void> => {
      preparations += 1
      await runStatements(url, ['create table notes (body text)', `insert into notes values ('first')`])
    }
    const databases = await Promise.all([1, 2, 3].map(() => server.cloneDatabase(name, prepare)))
    await query(databases[0]?.url() ?? '', 'delete from notes')
    const rows = await Promise.all(databases.slice(1).map((database) => query(database.url(), 'select * from notes')))
    expect([preparations, rows]).toEqual([1, [[{ body: 'first' }], [{ body: 'first' }]]])
    await Promise.all(databases.map((database) => database.drop()))
  })

  it('prepares a template again after a preparation that failed', async () => {
    const server = await testServer()
    const name = randomName('flaky')
    await expect(
      server.cloneDatabase(name, (url) => runStatements(url, ['create table a (id int)', 'boom'])),
    ).rejects.toThrow()
    await using database = await server.cloneDatabase(name, (url) => runStatements(url, ['create table a (id int)']))
    expect(await query(database.url(), 'select * from a')).toEqual([])
  })
})

describe('dropTemplates', () => {
  it('drops the templates of its own run only', async () => {
    const url = inject('partywallPostgresUrl')
    const [mine, other] = [randomName('partywall_template'), randomName('partywall_template')]
    const prepare = async (): Promise<void> => undefined
    const kept = await ensureTemplate(url, { prefix: other, name: 'x', prepare })
    await ensureTemplate(url, { prefix: mine, name: 'x', prepare })
    await dropTemplates(url, mine)
    const sql = `select datname::text as name from pg_database where datname like '${mine}%' or datname like '${other}%'`
    expect(await query(url, sql)).toEqual([{ name: kept }])
    await dropTemplates(url, other)
  })
})
