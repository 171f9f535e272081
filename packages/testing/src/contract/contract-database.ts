import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import {
  applyPlan,
  loadDump,
  openSession,
  readConversion,
  resolveConfig,
  rotateSealKey,
} from '@partywall/rls-migrations'
import { writeSealKey } from '@partywall/tenancy-core'
import { escapeIdentifier, Pool } from 'pg'
import { createAppLogin } from '../create-app-login.ts'
import { randomName, runStatements, type PostgresServer, type TestDatabase } from '../postgres-server.ts'
import { withClient } from '../with-client.ts'
import { contractSchemaSql, partitionedTableSql } from './contract-schema.ts'

/** An organization and rows of its own, made for one promise. */
export interface ContractOrganization {
  readonly id: string
  /** Ids of repositories, by name: `alpha`, `beta` and one whose name no other organization has. */
  readonly repositories: readonly { readonly id: string; readonly name: string }[]
  /** The name that no other organization has. */
  readonly secret: string
}

/** A converted database in which the promises are kept. */
export interface ContractDatabase extends AsyncDisposable {
  readonly name: string
  /** A login that row level security binds. */
  readonly appUrl: string
  /** Logins that it does not bind. */
  readonly operatorUrl: string
  readonly adminUrl: string
  /** The key that scopes sign with; undefined where the context is a bare id. */
  readonly sealKey: string | undefined
  /** The role whose members the policies bind. */
  readonly appRole: string
  /** Runs SQL as a superuser. */
  readonly admin: (sql: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>
  /** Ends the sessions of every other login, and waits until they are gone. */
  readonly endSessions: () => Promise<void>
  readonly createOrganization: () => Promise<ContractOrganization>
  /** A copy with logins of its own, changed by `alter`; for breaking it on purpose. */
  readonly clone: (alter: string) => Promise<ContractDatabase>
}

const createOrganizationSql = `
with organization as (
  insert into partywall.organizations (id, slug, name) values ($1, $2, $2) returning id
), made as (
  insert into repositories (org_id, name, labels)
  select organization.id, n, '{"tier": "gold"}' from organization, unnest(array['alpha', 'beta', $2]) n
  returning id, org_id, name
), tested as (
  insert into tests (org_id, repository_id, title) select org_id, id, 'test of ' || name from made
), ran as (
  insert into runs (org_id, at, outcome) select id, '2026-05-05', 'passed' from organization
)
select id, name from made order by name`

/**
 * Creates a single-tenant database, converts it with Partywall up to the last phase, and makes the logins.
 *
 * @throws TenancyError what the conversion throws, and `POSTGRES_DATABASE_FAILED`.
 *
 * @example
 * ```ts
 * await using database = await createContractDatabase(server)
 * const organization = await database.createOrganization()
 * ```
 */
export async function createContractDatabase(
  server: PostgresServer,
  { sealed = false }: { readonly sealed?: boolean | undefined } = {},
): Promise<ContractDatabase> {
  const owner = randomName('owner')
  const password = randomBytes(18).toString('base64url')
  const role = escapeIdentifier(owner)
  await runStatements(server.url(), [`create role ${role} login createrole password '${password}'`])
  const database = await server.createDatabase({ owner })
  const ownerUrl = database.url({ user: owner, password })
  try {
    const sealKey = await convertDatabase(database, { ownerUrl, sealed })
    return await openContractDatabase(server, { database, roles: database.name, owner, sealKey })
  } catch (error) {
    await database.drop()
    await dropRoles(server, [...groupsOf(database.name), owner])
    throw error
  }
}

async function convertDatabase(
  database: TestDatabase,
  { ownerUrl, sealed }: { readonly ownerUrl: string; readonly sealed: boolean },
): Promise<string | undefined> {
  await loadDump({ text: contractSchemaSql }, { ownerUrl, adminUrl: database.url() })
  await using session = await openSession({ url: ownerUrl, applicationName: 'partywall contract' })
  const config = resolveConfig({ tables: { tenant: ['repositories', 'tests'] }, seal: sealed })
  const { plan } = await readConversion(session, config)
  await applyPlan({ session, plan, to: 'enforce' })
  await runStatements(database.url(), [partitionedTableSql(`partywall_${database.name}_app`)])
  return sealed ? writeSealKey(await rotateSealKey(session, plan.settings, { overlapMs: 0 })) : undefined
}

function groupsOf(database: string): string[] {
  return ['app', 'operator', 'definer', 'migrator'].map((name) => `partywall_${database}_${name}`)
}

async function dropRoles(server: PostgresServer, names: readonly string[]): Promise<void> {
  const statements = names.map((name) => `drop role if exists ${escapeIdentifier(name)}`)
  await runStatements(server.url(), statements)
}

async function openContractDatabase(
  server: PostgresServer,
  made: { database: TestDatabase; roles: string; owner?: string; sealKey: string | undefined },
): Promise<ContractDatabase> {
  const { database, roles, sealKey } = made
  const adminUrl = database.url()
  const pool = new Pool({ connectionString: adminUrl, max: 2, idleTimeoutMillis: 500 })
  pool.on('error', () => {})
  const appRole = `partywall_${roles}_app`
  const app = await createAppLogin(adminUrl, { memberOf: [appRole] })
  const operator = await createAppLogin(adminUrl, { memberOf: [`partywall_${roles}_operator`] })
  const admin: ContractDatabase['admin'] = async (sql, values) => (await pool.query(sql, [...(values ?? [])])).rows
  return {
    name: database.name,
    appUrl: app.url,
    operatorUrl: operator.url,
    adminUrl,
    sealKey,
    appRole,
    admin,
    createOrganization: async () => {
      const id = randomUUID()
      const secret = `secret-${id.slice(0, 8)}`
      const repositories = await admin(createOrganizationSql, [id, secret])
      return { id, secret, repositories: repositories as ContractOrganization['repositories'] }
    },
    endSessions: () => endSessions(server.url(), `datname = '${database.name}' and usename <> current_user`),
    clone: async (alter) => {
      // A template must have nobody connected to it.
      await endSessions(server.url(), `datname = '${database.name}'`)
      const copy = await server.createDatabase({ template: database.name })
      await runStatements(copy.url(), [alter])
      return await openContractDatabase(server, { database: copy, roles, sealKey })
    },
    [Symbol.asyncDispose]: async () => {
      await pool.end()
      await app.drop()
      await operator.drop()
      await database.drop()
      if (made.owner === undefined) return
      await dropRoles(server, [...groupsOf(roles), made.owner])
    },
  }
}

async function endSessions(url: string, condition: string): Promise<void> {
  // Connections that come meanwhile are ended in the next round.
  await withClient({ connectionString: url }, async (client) => {
    const sql = `select pg_terminate_backend(pid) from pg_stat_activity where ${condition}`
    while ((await client.query(sql)).rows.length > 0) await setTimeout(5)
  })
}
