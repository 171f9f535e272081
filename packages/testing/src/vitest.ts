import { inject } from 'vitest'
import { openPostgresServer, type PostgresServer, type TestDatabase } from './postgres-server.ts'
import type { ProvidedServer } from './provided-context.ts'
import { ensureTemplate } from './template-database.ts'

/** The run's one server as a test file sees it. `stop` leaves it running: other files use it too. */
export interface TestServer extends PostgresServer {
  /**
   * Creates a database as `prepare` leaves it. The preparation runs once per `name` and run, whatever the number of
   * test files; after that a database costs a copy. `prepare` must end every connection it opens.
   *
   * @example
   * ```ts
   * const server = await testServer()
   * await using database = await server.cloneDatabase('a shop', (url) => migrate(url))
   * ```
   */
  cloneDatabase(name: string, prepare: (url: string) => Promise<void>): Promise<TestDatabase>
}

/**
 * The run's one server, as `@partywall/testing/vitest-global-setup` started it.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when it doesn't answer.
 *
 * @example
 * ```ts
 * const server = await testServer()
 * const database = await server.createDatabase()
 * const login = await createAppLogin(database.url())
 * ```
 */
export async function testServer(): Promise<TestServer> {
  const provided: ProvidedServer = {
    url: inject('partywallPostgresUrl'),
    source: inject('partywallPostgresSource'),
    templatePrefix: inject('partywallTemplatePrefix'),
  }
  const server = await openPostgresServer({
    source: provided.source,
    adminUrl: provided.url,
    stop: async () => undefined,
  })
  return {
    ...server,
    cloneDatabase: async (name, prepare) => {
      const template = await ensureTemplate(provided.url, { prefix: provided.templatePrefix, name, prepare })
      return await server.createDatabase({ template })
    },
  }
}
