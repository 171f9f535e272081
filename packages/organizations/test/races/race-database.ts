import { applyPlan, openSession, readConversion, resolveConfig } from '@partywall/rls-migrations'
import { createAppLogin } from '@partywall/testing'
import type { PostgresServer } from '@partywall/testing'
import { Client } from 'pg'
import { witness } from './witness.ts'

/** Where the races are run: as whom, and what the administrator sees. */
export interface RaceUrls {
  readonly app: string
  readonly operator: string
  readonly admin: string
}

/** A converted database with a witness in it. */
export interface RaceDatabase extends AsyncDisposable {
  readonly urls: RaceUrls
  /** The role that the application's login is a member of. */
  readonly appRole: string
  /** A copy of it as it was made, broken by SQL of the administrator. */
  clone(sabotage: string): Promise<RaceDatabase>
}

/** Converts an empty service, and installs the witness. */
export async function createRaceDatabase(server: PostgresServer): Promise<RaceDatabase> {
  const owner = await createAppLogin(server.url())
  await administer(server.url(), `alter role "${owner.role}" createrole`)
  const database = await server.createDatabase({ owner: owner.role })
  const { username, password } = new URL(owner.url)
  const ownerUrl = database.url({ user: username, password: decodeURIComponent(password) })
  const roles = await convert(ownerUrl)
  await administer(database.url(), witness)
  const app = await createAppLogin(database.url(), { memberOf: [roles.app] })
  const operator = await createAppLogin(database.url(), { memberOf: [roles.operator] })
  const urlsOf = (name: string): RaceUrls => {
    const at = (url: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href
    return { app: at(app.url), operator: at(operator.url), admin: at(database.url()) }
  }
  const dispose = async (): Promise<void> => {
    await app.drop()
    await operator.drop()
    await database.drop()
    await owner.drop()
  }
  const clone = async (sabotage: string): Promise<RaceDatabase> => {
    const copy = await server.createDatabase({ template: database.name })
    await administer(copy.url(), `${settings(copy.name)}; ${sabotage}`)
    return { urls: urlsOf(copy.name), appRole: roles.app, clone, [Symbol.asyncDispose]: () => copy.drop() }
  }
  // Settings of a database are not copied with it.
  await administer(database.url(), settings(database.name))
  return { urls: urlsOf(database.name), appRole: roles.app, clone, [Symbol.asyncDispose]: dispose }
}

/** Deadlocks are found soon, nothing hangs for ever, and what is thrown away is not waited for. */
function settings(name: string): string {
  const set = (setting: string): string => `alter database "${name}" set ${setting}`
  return [set(`deadlock_timeout = '20ms'`), set(`statement_timeout = '20s'`), set('synchronous_commit = off')].join(
    '; ',
  )
}

async function convert(ownerUrl: string): Promise<{ readonly app: string; readonly operator: string }> {
  await administer(ownerUrl, 'create table projects (id uuid primary key default gen_random_uuid(), name text)')
  await using session = await openSession({ url: ownerUrl, applicationName: 'races' })
  const { plan } = await readConversion(session, resolveConfig({}))
  await applyPlan({ session, plan, to: 'enforce' })
  return plan.settings.roles
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
