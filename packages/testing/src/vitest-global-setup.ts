import type { TestProject } from 'vitest/node'
import type { PostgresSource } from './postgres-server.ts'
import { startPostgres } from './start-postgres.ts'

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface ProvidedContext {
    /** The administrator's URL of the run's one PostgreSQL server. */
    partywallPostgresUrl: string
    /** Where that server came from. */
    partywallPostgresSource: PostgresSource
  }
}

/** Starts one server for the whole run and stops it after the last test. A run without a server fails. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres()
  project.provide('partywallPostgresUrl', server.url())
  project.provide('partywallPostgresSource', server.source)
  return () => server.stop()
}
