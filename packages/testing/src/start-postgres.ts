import { startEmbeddedCluster } from './embedded-cluster.ts'
import { defaultMajor, type PostgresMajor } from './postgres-binaries.ts'
import { openPostgresServer, type PostgresServer, type PostgresSource } from './postgres-server.ts'

/** Which server to start, and how. */
export interface StartPostgresOptions {
  readonly major?: PostgresMajor | undefined
  readonly source?: PostgresSource | undefined
  readonly settings?: Readonly<Record<string, string>> | undefined
}

export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const url = process.env['PARTYWALL_TEST_DATABASE_URL']
  if (url !== undefined && url !== '' && options.source !== 'embedded')
    return await openPostgresServer({ source: 'environment', adminUrl: url, stop: async () => undefined })
  const cluster = await startEmbeddedCluster({ major: options.major ?? defaultMajor, settings: options.settings })
  return await openPostgresServer({ source: 'embedded', ...cluster })
}
