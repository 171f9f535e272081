import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPgBouncer, type PgBouncer } from '@partywall/testing/pgbouncer'
import { testServer } from '@partywall/testing/vitest'
import {
  convertWhole,
  createOwnedDatabase,
  execute,
  samples,
  type ConvertedDatabase,
  type OwnedDatabase,
} from '../../../test/owned-database.ts'
import { verifyDatabase } from '../verify-database.ts'
import type { VerifyReport } from '../verify-report.ts'

let database: OwnedDatabase
let converted: ConvertedDatabase
let login: { role: string; url: string }
let bouncer: PgBouncer

beforeAll(async () => {
  const server = await testServer()
  bouncer = await startPgBouncer({ adminUrl: server.url(), poolSize: 1, install: true })
  database = await createOwnedDatabase(samples.chinook)
  converted = await convertWhole(database, 'contract')
  login = await database.login([converted.plan.settings.roles.app])
})

afterAll(async () => {
  await bouncer.stop()
  await converted.session.close()
  await database[Symbol.asyncDispose]()
})

const verify = (): Promise<VerifyReport> =>
  verifyDatabase({
    session: converted.session,
    plan: converted.plan,
    phase: 'contract',
    appUrl: bouncer.through(login.url),
  })

describe('verify through PgBouncer in transaction mode', () => {
  it('proves every table, and that two clients on one connection leave each other nothing', async () => {
    const report = await verify()
    expect(report).toMatchObject({ ok: true, crossings: [], staticOnly: [] })
    expect(report.probes.blocked).toBe(report.probes.run)
  })

  it('finds a tenant that some client has left on the shared connection', async () => {
    const { setting } = converted.plan.settings
    await execute(bouncer.through(login.url), `set ${setting} = '00000000-0000-4000-a000-000000000001'`)
    const { crossings } = await verify()
    expect(crossings.map((one) => one.probe)).toEqual(expect.arrayContaining(['fresh-connection', 'pooled-clients']))
    await execute(bouncer.through(login.url), `reset ${setting}`)
    expect(await verify()).toMatchObject({ ok: true })
  })
})

describe('verify through the login of the application', () => {
  it('finds a tenant that the role starts with, and temporary tables', async () => {
    const { settings } = converted.plan
    await database.admin(
      `alter role ${login.role} set ${settings.setting} = 'x'; grant temporary on database "${database.name}" to ${login.role}`,
    )
    const { crossings } = await verifyDatabase({ ...converted, phase: 'contract', appUrl: login.url })
    expect(crossings.map((one) => one.probe)).toEqual(
      expect.arrayContaining(['fresh-connection', 'setting-default', 'temporary-table', 'temporary-objects']),
    )
    await database.admin(
      `alter role ${login.role} reset ${settings.setting}; revoke temporary on database "${database.name}" from ${login.role}`,
    )
  })
})
