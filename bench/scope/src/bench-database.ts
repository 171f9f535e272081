import { readFile } from 'node:fs/promises'
import { applyPlan, openSession, readConversion, resolveConfig } from '@partywall/rls-migrations'
import { createAppLogin, startPostgres } from '@partywall/testing'
import type { PlanSettings } from '@partywall/rls-migrations'
import type { PostgresServer } from '@partywall/testing'
import pg from 'pg'
import { createSealedLogin, type SealedLogin } from './create-sealed-login.ts'
import type { Size } from './work.ts'

/** A converted database and the logins that the variants use. */
export interface BenchDatabase {
  readonly size: Size
  /** A login that no policy binds: the service before it had tenants. */
  readonly rawUrl: string
  /** A member of the app role, bound by the policies of the plan. */
  readonly appUrl: string
  /** Bound by the policies that the other libraries generate. */
  readonly betterUrl: string
  readonly kitUrl: string
  /** Bound by the policy of a sealed context. */
  readonly sealed: SealedLogin
}

/** Starts a server that syncs nothing to disk and holds the rows of the bench in memory. */
export async function startBenchServer(): Promise<PostgresServer> {
  return await startPostgres({
    source: 'embedded',
    settings: { max_connections: '400', shared_buffers: '1GB', autovacuum: 'off', checkpoint_timeout: '1h' },
  })
}

/** Creates a database of a given size and converts it with the plan that a host would apply. */
export async function createBenchDatabase(server: PostgresServer, size: Size): Promise<BenchDatabase> {
  const database = await server.createDatabase()
  const adminUrl = database.url()
  await execute(adminUrl, await sqlOf('schema.sql'))
  const settings = await convert(adminUrl)
  const appRole = settings.roles.app
  const fill = await sqlOf('fill.sql')
  await execute(
    adminUrl,
    fill.replaceAll('/* ORGANIZATIONS */ 1', String(size.organizations)).replaceAll('/* ROWS */ 1', String(size.rows)),
  )
  await execute(adminUrl, 'vacuum (freeze, analyze)')
  const better = pg.escapeIdentifier(`${database.name}_better`)
  const kit = pg.escapeIdentifier(`${database.name}_kit`)
  const peers = await sqlOf('peers.sql')
  await execute(adminUrl, peers.replaceAll('/* BETTER */ better', better).replaceAll('/* KIT */ kit', kit))
  const raw = await createAppLogin(adminUrl, { memberOf: [appRole] })
  await execute(adminUrl, `alter role ${pg.escapeIdentifier(raw.role)} bypassrls`)
  const app = await createAppLogin(adminUrl, { memberOf: [appRole] })
  const betterLogin = await createAppLogin(adminUrl, { memberOf: [`${database.name}_better`] })
  const kitLogin = await createAppLogin(adminUrl, { memberOf: [`${database.name}_kit`] })
  const sealed = await createSealedLogin(adminUrl, settings)
  return { size, rawUrl: raw.url, appUrl: app.url, betterUrl: betterLogin.url, kitUrl: kitLogin.url, sealed }
}

async function convert(url: string): Promise<PlanSettings> {
  await using session = await openSession({ url, applicationName: 'scope bench' })
  const { plan } = await readConversion(session, resolveConfig({}))
  await applyPlan({ session, plan, to: 'enforce' })
  return plan.settings
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
