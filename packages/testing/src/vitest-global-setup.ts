import type { TestProject } from 'vitest/node'
import { randomName } from './postgres-server.ts'
import { provideServer } from './provided-context.ts'
import { acquireSharedServer, releaseSharedServer } from './shared-server.ts'
import { startPostgres } from './start-postgres.ts'
import { dropTemplates } from './template-database.ts'

/**
 * Starts one server for the whole run and stops it after the last test. A run without a server fails: vitest reports
 * the error and runs no test. Vitest looks for a default export.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` or `POSTGRES_START_FAILED` as {@link startPostgres} does.
 *
 * @example
 * ```ts
 * export default defineConfig({ test: { globalSetup: ['@partywall/testing/vitest-global-setup'] } })
 * ```
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await acquireSharedServer(startPostgres)
  const templatePrefix = randomName('partywall_template')
  provideServer(project, { url: server.url(), source: server.source, templatePrefix })
  return async () => {
    // A server of the environment outlives the run, and so would the templates.
    if (server.source === 'environment') await dropTemplates(server.url(), templatePrefix)
    await releaseSharedServer()
  }
}
