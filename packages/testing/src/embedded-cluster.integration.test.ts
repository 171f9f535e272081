import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startEmbeddedCluster } from './embedded-cluster.ts'
import { copyBinaries, findPostgresBinaries } from './postgres-binaries.ts'
import { withClient } from './with-client.ts'

describe('startEmbeddedCluster', () => {
  it('takes another port when someone else was faster', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const taken = (squatter.address() as AddressInfo).port
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const proposals = [taken, (free.address() as AddressInfo).port]
    free.close()
    await once(free, 'close')
    const proposePort = async (): Promise<number> => proposals.shift() ?? 0
    const cluster = await startEmbeddedCluster({ major: 18, proposePort })
    expect([new URL(cluster.adminUrl).port === String(taken), proposals]).toEqual([false, []])
    const { rows } = await withClient({ connectionString: cluster.adminUrl }, (client) =>
      client.query('select 1 as one'),
    )
    expect(rows).toEqual([{ one: 1 }])
    await cluster.stop()
    squatter.close()
  })

  it('starts from binaries that only this user can reach', async () => {
    const secret = mkdtempSync(join(tmpdir(), 'partywall-test-'))
    const binaries = await copyBinaries(findPostgresBinaries(18), join(secret, 'postgres'))
    const cluster = await startEmbeddedCluster({ major: 18, binaries })
    await cluster.stop()
    rmSync(secret, { recursive: true })
    expect(cluster.adminUrl).toMatch(/^postgres:/)
  })

  it('starts eight at once', async () => {
    const clusters = await Promise.all(Array.from({ length: 8 }, () => startEmbeddedCluster({ major: 18 })))
    const ports = new Set(clusters.map((cluster) => new URL(cluster.adminUrl).port))
    await Promise.all(clusters.map((cluster) => cluster.stop()))
    expect(ports.size).toBe(8)
  })

  it('answers where its URL says whatever port the settings name', async () => {
    const cluster = await startEmbeddedCluster({ major: 18, settings: { port: '1' } })
    const { rows } = await withClient({ connectionString: cluster.adminUrl }, (client) => client.query('show port'))
    expect(rows).toEqual([{ port: new URL(cluster.adminUrl).port }])
    await cluster.stop()
  })
})
