import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { TenancyError } from '@partywall/tenancy-core'
import { connectionUrl, messageOf } from './postgres-server.ts'
import { startReaper } from './reaper.ts'
import { withClient } from './with-client.ts'

/** What a container is started with. */
export interface PostgresContainerOptions {
  /** An image that takes POSTGRES_PASSWORD and the server's flags as its command, as the official one does. */
  readonly image: string
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** A server in a container, on a port that Docker chose. */
export interface PostgresContainer {
  readonly adminUrl: string
  readonly stop: () => Promise<void>
}

const startTimeoutMs = 120_000
const throwawaySettings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '200' }

/**
 * Starts a container through Testcontainers.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when the package `testcontainers`, the engine or the image is missing.
 * @throws TenancyError `POSTGRES_START_FAILED` when the server in the container doesn't answer within two minutes.
 */
export async function startPostgresContainer(options: PostgresContainerOptions): Promise<PostgresContainer> {
  const { GenericContainer } = await loadTestcontainers()
  const password = randomBytes(18).toString('base64url')
  const flags = Object.entries({ ...throwawaySettings, ...options.settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const container = await new GenericContainer(options.image)
    .withEnvironment({
      POSTGRES_USER: 'postgres',
      POSTGRES_PASSWORD: password,
      POSTGRES_INITDB_ARGS: '--encoding=UTF8 --locale=C',
    })
    .withCommand(['postgres', ...flags])
    .withExposedPorts(5432)
    .withStartupTimeout(startTimeoutMs)
    .start()
    .catch((cause: unknown) => {
      throw unavailable(
        `The container of ${options.image} did not start: ${messageOf(cause)}. Start Docker and pull the image, or use another source.`,
        options.image,
        cause,
      )
    })
  // Without Testcontainers' own reaper a process that is killed would leave its container running.
  const reaper =
    process.env['TESTCONTAINERS_RYUK_DISABLED'] === 'true'
      ? startReaper('docker rm --force --volumes "$1"', [container.getId()])
      : undefined
  const stop = async (): Promise<void> => {
    await container.stop({ timeout: 0 })
    await reaper?.reap()
  }
  const adminUrl = connectionUrl(`postgres://${container.getHost()}:${container.getMappedPort(5432)}/postgres`, {
    user: 'postgres',
    password,
  })
  try {
    await untilAnswering(adminUrl)
    reaper?.detach()
    return { adminUrl, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function loadTestcontainers(): Promise<typeof import('testcontainers')> {
  try {
    return await import('testcontainers')
  } catch (cause) {
    throw unavailable(
      'The package "testcontainers" could not be loaded: install it, or use another source.',
      'testcontainers',
      cause,
    )
  }
}

function unavailable(message: string, what: string, cause: unknown): TenancyError {
  return new TenancyError('POSTGRES_UNAVAILABLE', message, { details: { what }, cause })
}

/** Docker's proxy accepts connections before the server does, so an open port says nothing: a query must succeed. */
async function untilAnswering(adminUrl: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs
  for (;;) {
    try {
      await withClient({ connectionString: adminUrl, connectionTimeoutMillis: 5000 }, (client) =>
        client.query('select 1'),
      )
      return
    } catch (cause) {
      if (Date.now() > deadline)
        throw new TenancyError(
          'POSTGRES_START_FAILED',
          `The container's server did not answer within ${startTimeoutMs} ms: ${messageOf(cause)}`,
          { cause },
        )
      await delay(50)
    }
  }
}
