import type { PostgresServer } from './postgres-server.ts'

interface SharedServer {
  readonly server: Promise<PostgresServer>
  users: number
}

const key: unique symbol = Symbol.for('partywall.testing.server')
const holder = globalThis as typeof globalThis & { [key]?: SharedServer }

/**
 * One server for all who ask in this process, started by the first and stopped by the last. Vitest runs a global setup
 * once per project, each in a module graph of its own, so a variable of the module could not be shared.
 */
export async function acquireSharedServer(start: () => Promise<PostgresServer>): Promise<PostgresServer> {
  const shared = (holder[key] ??= { server: start(), users: 0 })
  shared.users += 1
  try {
    return await shared.server
  } catch (error) {
    // A start that failed must not be what the next run in this process is given.
    if (holder[key] === shared) delete holder[key]
    throw error
  }
}

/** Gives the shared server back. */
export async function releaseSharedServer(): Promise<void> {
  const shared = holder[key]
  if (shared === undefined) return
  shared.users -= 1
  if (shared.users > 0) return
  delete holder[key]
  await (await shared.server).stop()
}
