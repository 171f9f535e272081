import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { applyPlan, openSession, readConversion, resolveConfig } from '@partywall/rls-migrations'
import { createAppLogin } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'
import { Client } from 'pg'

/** Repositories of every organization, `repository 1` and on; each has one test run. */
export const repositoriesEach = 5

/** A converted database, and a login that row level security binds. */
export interface TenantDatabase extends AsyncDisposable {
  readonly adminUrl: string
  readonly appUrl: string
  readonly operatorUrl: string
  readonly organizations: readonly string[]
  /** Runs a statement as a superuser, who sees every organization. */
  admin<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>
}

/** Converts the schema of the example and fills it for `count` organizations, whose rows differ in their owner only. */
export async function createTenantDatabase(count: number): Promise<TenantDatabase> {
  const server = await testServer()
  const database = await server.createDatabase()
  const adminUrl = database.url()
  const admin = <Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]> =>
    query<Row>(adminUrl, sql, values)
  await admin(await readFile(path.join(import.meta.dirname, '../database/schema.sql'), 'utf8'))
  const roles = await convert(adminUrl)
  const names = Array.from({ length: count - 1 }, (_, index) => `organization-${index + 1}`)
  await admin('insert into partywall.organizations (slug, name) select s, s from unnest($1::text[]) s', [names])
  const organizations = await admin<{ id: string }>('select id from partywall.organizations order by slug')
  await admin(`
    insert into repositories (org_id, name)
      select o.id, 'repository ' || n from partywall.organizations o, generate_series(1, ${repositoriesEach}) n`)
  await admin(`
    insert into test_runs (org_id, repository_id, outcome) select org_id, id, 'passed' from repositories`)
  const app = await createAppLogin(adminUrl, { memberOf: [roles.app] })
  const operator = await createAppLogin(adminUrl, { memberOf: [roles.operator] })
  return {
    adminUrl,
    appUrl: app.url,
    operatorUrl: operator.url,
    organizations: organizations.map(({ id }) => id),
    admin,
    async [Symbol.asyncDispose]() {
      await app.drop()
      await operator.drop()
      await database.drop()
    },
  }
}

async function convert(url: string): Promise<{ app: string; operator: string }> {
  await using session = await openSession({ url, applicationName: 'drivers example' })
  const { plan } = await readConversion(session, resolveConfig({}))
  await applyPlan({ session, plan, to: 'contract' })
  return plan.settings.roles
}

async function query<Row extends object>(url: string, sql: string, values?: readonly unknown[]): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Row>(sql, values === undefined ? undefined : [...values])
    return rows
  } finally {
    await client.end()
  }
}
