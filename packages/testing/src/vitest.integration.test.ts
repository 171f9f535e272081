import { Client } from 'pg'
import { expect, inject, describe, it } from 'vitest'
import { createAppLogin } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'

describe('testServer', () => {
  it('gives the server that the global setup started', async () => {
    const server = await testServer()
    expect(server.url()).toBe(inject('partywallPostgresUrl'))
    expect(server.source).toBe(inject('partywallPostgresSource'))
    await using database = await server.createDatabase()
    await using login = await createAppLogin(database.url())
    const client = new Client({ connectionString: login.url })
    await client.connect()
    const { rows } = await client.query('select current_user::text as role, current_database() as database')
    await client.end()
    expect(rows).toEqual([{ role: login.role, database: database.name }])
  })
})
