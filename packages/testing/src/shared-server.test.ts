import { describe, expect, it } from 'vitest'
import type { PostgresServer } from './postgres-server.ts'
import { acquireSharedServer, releaseSharedServer } from './shared-server.ts'

/** Stands for a server that no one queries, and counts its starts and stops. */
function countingServer(): { counts: { starts: number; stops: number }; start: () => Promise<PostgresServer> } {
  const counts = { starts: 0, stops: 0 }
  const stop = async (): Promise<void> => void (counts.stops += 1)
  const createDatabase = (): Promise<never> => Promise.reject(new Error('no database in this test'))
  const server: PostgresServer = {
    source: 'embedded',
    serverVersion: 180_000,
    url: () => 'postgres://admin@127.0.0.1/postgres',
    createDatabase,
    stop,
    [Symbol.asyncDispose]: stop,
  }
  return { counts, start: async () => ((counts.starts += 1), server) }
}

describe('acquireSharedServer', () => {
  it('starts one server for all and stops it when the last gives it back', async () => {
    const { counts, start } = countingServer()
    const [first, second] = await Promise.all([acquireSharedServer(start), acquireSharedServer(start)])
    expect([first === second, counts]).toEqual([true, { starts: 1, stops: 0 }])
    await releaseSharedServer()
    expect(counts.stops).toBe(0)
    await releaseSharedServer()
    expect(counts.stops).toBe(1)
  })

  it('starts anew after a start that failed', async () => {
    const { counts, start } = countingServer()
    await expect(acquireSharedServer(() => Promise.reject(new Error('no server')))).rejects.toThrow('no server')
    await acquireSharedServer(start)
    await releaseSharedServer()
    expect(counts).toEqual({ starts: 1, stops: 1 })
  })
})
