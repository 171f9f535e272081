import { readFile } from 'node:fs/promises'
import { applyPlan, openSession, readConversion, resolveConfig } from '@partywall/rls-migrations'
import { createAppLogin } from '@partywall/testing'
import type { PostgresServer } from '@partywall/testing'
import pg from 'pg'

/** How much is in a database. */
export interface Size {
  readonly organizations: number
  /** Of each organization. */
  readonly members: number
  readonly rows: number
}

/** A converted database, and the logins of the two hosts. */
export interface BenchDatabase {
  readonly size: Size
  /** A login that no policy binds: the service before it had tenants. */
  readonly rawUrl: string
  /** A member of the app role, bound by the policies. */
  readonly appUrl: string
}

/** Creates a database of a given size and converts it with the plan that a host would apply. */
export async function createBenchDatabase(server: PostgresServer, size: Size): Promise<BenchDatabase> {
  const adminUrl = (await server.createDatabase()).url()
  await execute(adminUrl, await sqlOf('schema.sql'))
  const appRole = await convert(adminUrl)
  const fill = await sqlOf('fill.sql')
  await execute(
    adminUrl,
    fill
      .replaceAll('/* ORGANIZATIONS */ 1', String(size.organizations))
      .replaceAll('/* MEMBERS */ 1', String(size.members))
      .replaceAll('/* ROWS */ 1', String(size.rows)),
  )
  await execute(adminUrl, 'vacuum (freeze, analyze)')
  const raw = await createAppLogin(adminUrl, { memberOf: [appRole] })
  await execute(adminUrl, `alter role ${pg.escapeIdentifier(raw.role)} bypassrls`)
  const app = await createAppLogin(adminUrl, { memberOf: [appRole] })
  return { size, rawUrl: raw.url, appUrl: app.url }
}

async function convert(url: string): Promise<string> {
  await using session = await openSession({ url, applicationName: 'http bench' })
  const { plan } = await readConversion(session, resolveConfig({}))
  await applyPlan({ session, plan, to: 'enforce' })
  return plan.settings.roles.app
}

async function sqlOf(name: string): Promise<string> {
  return await readFile(new URL(`../database/${name}`, import.meta.url), 'utf8')
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
