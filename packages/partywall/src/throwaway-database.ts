import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import type { ThrowawayDatabase } from '@partywall/rls-migrations'
import { startPostgres } from '@partywall/testing'

const OWNER = 'rehearsal_owner'

/**
 * Starts a PostgreSQL of which nothing remains, with an empty database whose owner is no superuser: as a service has it.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when no server can be started.
 */
export async function startThrowawayDatabase(): Promise<ThrowawayDatabase> {
  const server = await startPostgres({ source: 'embedded' })
  try {
    const password = randomUUID()
    await execute(server.url(), `create role ${OWNER} login createrole nosuperuser password '${password}'`)
    const database = await server.createDatabase({ name: 'rehearsal', owner: OWNER })
    return {
      adminUrl: database.url(),
      ownerUrl: database.url({ user: OWNER, password }),
      [Symbol.asyncDispose]: () => server.stop(),
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
