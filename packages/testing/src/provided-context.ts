import type { TestProject } from 'vitest/node'
import type { PostgresSource } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The administrator's URL of the run's one PostgreSQL server. */
    partywallPostgresUrl: string
    /** Where that server came from. */
    partywallPostgresSource: PostgresSource
    /** Begins the names of the run's template databases. */
    partywallTemplatePrefix: string
  }
}

/** What the global setup tells the test files. */
export interface ProvidedServer {
  readonly url: string
  readonly source: PostgresSource
  readonly templatePrefix: string
}

/** Hands the server over to the test files of a project, which run in other processes. */
export function provideServer(project: TestProject, server: ProvidedServer): void {
  project.provide('partywallPostgresUrl', server.url)
  project.provide('partywallPostgresSource', server.source)
  project.provide('partywallTemplatePrefix', server.templatePrefix)
}
