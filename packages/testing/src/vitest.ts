import { inject } from 'vitest'
import { openPostgresServer, type PostgresServer } from './postgres-server.ts'
import type {} from './vitest-global-setup.ts'

/**
 * The run's one server, as `@partywall/testing/vitest-global-setup` started it. `stop` leaves it running: other test
 * files use it too.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when it doesn't answer.
 *
 * @example
 * ```ts
 * const server = await testServer()
 * const database = await server.createDatabase()
 * ```
 */
export async function testServer(): Promise<PostgresServer> {
  return await openPostgresServer({
    source: inject('partywallPostgresSource'),
    adminUrl: inject('partywallPostgresUrl'),
    stop: async () => undefined,
  })
}
