import { applyPlan, openSession, readConversion, resolveConfig } from '@partywall/rls-migrations'
import type { PartywallConfig, Phase } from '@partywall/rls-migrations'
import { createAppLogin } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'
import { Client } from 'pg'
import { createTenancy } from '@partywall/tenancy-core'
import type { Tenancy, TenancyOptions } from '@partywall/tenancy-core'

const schema = `
  create table users (id text primary key, email text not null unique);
  create table projects (id uuid primary key default gen_random_uuid(), name text not null unique);`

/** A database that was converted, its logins, and tenancies that are closed with it. */
export interface ConvertedDatabase extends AsyncDisposable {
  readonly appUrl: string
  readonly operatorUrl: string
  readonly adminUrl: string
  readonly defaultId: string
  /** Runs SQL as an administrator, who sees all rows. */
  admin<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>
  open(options?: Partial<TenancyOptions>): Tenancy
  convert(to: Phase): Promise<void>
}

/** Creates a service's database and brings it to a phase. */
export async function createConvertedDatabase(
  to: Phase,
  prepare = '',
  config: PartywallConfig = {},
): Promise<ConvertedDatabase> {
  const server = await testServer()
  const owner = await createAppLogin(server.url())
  await query(server.url(), `alter role "${owner.role}" createrole`)
  const database = await server.createDatabase({ owner: owner.role })
  const { username, password } = new URL(owner.url)
  const ownerUrl = database.url({ user: username, password: decodeURIComponent(password) })
  await query(ownerUrl, schema + prepare)
  const { roles, defaultOrganization } = await convertDatabase(ownerUrl, to, config)
  const app = await createAppLogin(database.url(), { memberOf: [roles.app] })
  const operator = await createAppLogin(database.url(), { memberOf: [roles.operator] })
  const opened: Tenancy[] = []
  return {
    appUrl: app.url,
    operatorUrl: operator.url,
    adminUrl: database.url(),
    defaultId: defaultOrganization?.id ?? '',
    admin: (sql, values) => query(database.url(), sql, values),
    open: (options = {}) => {
      const tenancy = createTenancy({
        pool: { connectionString: app.url, max: 4 },
        operator: { connectionString: operator.url, max: 2 },
        ...options,
      })
      opened.push(tenancy)
      return tenancy
    },
    convert: async (phase) => void (await convertDatabase(ownerUrl, phase, config)),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((tenancy) => tenancy.close()))
      await app.drop()
      await operator.drop()
      await database.drop()
      await owner.drop()
    },
  }
}

type Settings = Awaited<ReturnType<typeof readConversion>>['plan']['settings']

async function convertDatabase(ownerUrl: string, to: Phase, config: PartywallConfig): Promise<Settings> {
  await using session = await openSession({ url: ownerUrl, applicationName: 'tests' })
  const { plan } = await readConversion(session, resolveConfig(config))
  await applyPlan({ session, plan, to })
  return plan.settings
}

async function query<Row extends object>(url: string, sql: string, values?: unknown[]): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Row>(sql, values)
    return rows
  } finally {
    await client.end()
  }
}
