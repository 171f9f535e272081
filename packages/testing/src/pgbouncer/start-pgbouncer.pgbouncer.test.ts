import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAppLogin, type AppLogin } from '../create-app-login.ts'
import type { TestDatabase } from '../postgres-server.ts'
import { testServer, type TestServer } from '../vitest.ts'
import { withClient } from '../with-client.ts'
import { findPgBouncer } from './find-pgbouncer.ts'
import { startPgBouncer } from './start-pgbouncer.ts'

let server: TestServer
let database: TestDatabase
let login: AppLogin

beforeAll(async () => {
  server = await testServer()
  database = await server.createDatabase()
  login = await createAppLogin(database.url())
})

afterAll(async () => {
  await login.drop()
  await database.drop()
})

describe('startPgBouncer', () => {
  it('shares few server connections among many clients, as any login of the server', async () => {
    await using bouncer = await startPgBouncer({ adminUrl: server.url(), poolSize: 2, install: true })
    const pool = new Pool({ connectionString: bouncer.through(login.url), max: 20 })
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => pool.query('select pg_backend_pid() as pid, current_user::text as role')),
    )
    expect(new Set(answers.map(({ rows }) => rows[0].pid)).size).toBeLessThanOrEqual(2)
    expect(new Set(answers.map(({ rows }) => rows[0].role))).toEqual(new Set([login.role]))
    await pool.end()
  })

  it('hands a session setting of one client to the next: what the scope must never rely on', async () => {
    await using bouncer = await startPgBouncer({ adminUrl: server.url(), poolSize: 1, install: true })
    const connectionString = bouncer.through(login.url)
    await withClient({ connectionString }, (client) => client.query(`set app.current_tenant_id = 'left behind'`))
    const { rows } = await withClient({ connectionString }, (client) =>
      client.query(`select current_setting('app.current_tenant_id', true) as tenant`),
    )
    expect(rows).toEqual([{ tenant: 'left behind' }])
  })

  it('is gone after stop', async () => {
    const bouncer = await startPgBouncer({ adminUrl: server.url(), install: true })
    const url = bouncer.through(login.url)
    await bouncer.stop()
    await bouncer.stop()
    await expect(new Client({ connectionString: url }).connect()).rejects.toThrow(/ECONNREFUSED/)
  })

  it('says what its log says when it does not start', async () => {
    const start = startPgBouncer({ adminUrl: server.url(), settings: { pool_mode: 'nonsense' }, install: true })
    const error: unknown = await start.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'PGBOUNCER_START_FAILED', message: expect.stringContaining('nonsense') })
  })
})

describe('findPgBouncer', () => {
  it('is refused with what to install where there is none', async () => {
    const refused = findPgBouncer(true, ['/nowhere'])
    await expect(refused).rejects.toMatchObject({
      code: 'PGBOUNCER_UNAVAILABLE',
      message: expect.stringContaining('apt-get install pgbouncer'),
    })
  })
})
