import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { applyPlan, openSession, readConversion, resolveConfig, type Plan } from '@partywall/rls-migrations'
import type { PostgresServer } from '@partywall/testing'

/** A converted database, its owner and a login of the application. */
export interface ConvertedDatabase {
  readonly plan: Plan
  readonly ownerUrl: string
  readonly appUrl: string
}

/** Makes the tables as an owner who is no superuser, one statement at a time, and converts them to contract. */
export async function createConverted(
  server: PostgresServer,
  statements: readonly string[],
): Promise<ConvertedDatabase> {
  const password = randomUUID()
  const suffix = password.slice(0, 8)
  const [owner, login] = [`owner_${suffix}`, `login_${suffix}`]
  await execute(server.url(), [`create role ${owner} login createrole password '${password}'`])
  const database = await server.createDatabase({ owner })
  const ownerUrl = database.url({ user: owner, password })
  await execute(ownerUrl, statements)
  await using session = await openSession({ url: ownerUrl, applicationName: 'bench' })
  await session.query('analyze')
  const { plan } = await readConversion(session, resolveConfig({}))
  await applyPlan({ session, plan, to: 'contract' })
  await execute(server.url(), [
    `create role ${login} login password '${password}' in role "${plan.settings.roles.app}"`,
  ])
  return { plan, ownerUrl, appUrl: database.url({ user: login, password }) }
}

async function execute(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
