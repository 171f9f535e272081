import { Agent, request } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readKeyFiles, rotateKeyFiles } from 'host-parts-example'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { tokenNames } from '../src/tokens.ts'
import { createConvertedDatabase, type ConvertedDatabase } from '../test/create-converted-database.ts'
import { query } from '../test/create-flakeguard-database.ts'
import { startProcess, type HostProcess } from '../test/start-process.ts'

let database: ConvertedDatabase
let directory: string
let env: Record<string, string>
let headers: Record<string, string>

beforeAll(async () => {
  database = await createConvertedDatabase()
  directory = await mkdtemp(path.join(tmpdir(), 'flakeguard-keys-'))
  const files = { directory, ...tokenNames }
  env = {
    FLAKEGUARD_JWKS_URL: await rotateKeyFiles(files),
    APP_DATABASE_URL: withName(database.appUrl),
    OPERATOR_DATABASE_URL: withName(database.operatorUrl),
    SHUTDOWN_NOTICE_MS: '500',
    SHUTDOWN_TIMEOUT_MS: '5000',
  }
  const token = await (await readKeyFiles(files)).issue(database.first.memberIds[0] ?? '')
  headers = { authorization: `Bearer ${token}`, 'x-organization': database.first.slug }
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

const application = 'flakeguard graceful stop'

function withName(url: string): string {
  const named = new URL(url)
  named.searchParams.set('application_name', application)
  return named.href
}

const agent = new Agent({ keepAlive: true })

/** A request on a connection that is kept. */
async function get(host: HostProcess, at: string): Promise<{ status: number; connection: string | undefined }> {
  return await new Promise((resolve, reject) => {
    const sent = request(host.origin + at, { agent, headers }, (response) => {
      response.resume().once('end', () => {
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection })
      })
    })
    sent.once('error', reject)
    sent.end()
  })
}

/** Holds every read of repositories until it is disposed of. */
async function lockRepositories(): Promise<AsyncDisposable> {
  const client = new Client({ connectionString: database.ownerUrl })
  await client.connect()
  await client.query('begin')
  await client.query('lock table "Repository" in access exclusive mode')
  return { [Symbol.asyncDispose]: () => client.end() }
}

const waiting = `select 1 from pg_locks where not granted and relation = '"Repository"'::regclass`

describe('SIGTERM', () => {
  it('makes the host unready first, lets requests in flight end, closes the pools, and ends with 0', async () => {
    await using host = await startProcess(env)
    expect(await get(host, '/ready')).toMatchObject({ status: 200, connection: 'keep-alive' })
    await using lock = await lockRepositories()
    const slow = get(host, '/repositories')
    await vi.waitFor(async () => expect(await query(database.ownerUrl, waiting)).toHaveLength(1))
    host.child.kill('SIGTERM')
    await vi.waitFor(async () => expect((await get(host, '/ready')).status).toBe(503))
    // A load balancer that has not noticed yet still gets its answers, and is told to go elsewhere.
    expect(await get(host, '/health')).toEqual({ status: 200, connection: 'close' })
    expect(await get(host, '/me')).toMatchObject({ status: 200 })
    await vi.waitFor(async () => await expect(get(host, '/health')).rejects.toThrow(/ECONNREFUSED/), 3_000)
    expect(host.child.exitCode).toBeNull()
    await lock[Symbol.asyncDispose]()
    expect(await slow).toMatchObject({ status: 200 })
    expect(await host.ended).toBe(0)
    const sessions = 'select 1 from pg_stat_activity where application_name = $1'
    expect(await query(database.ownerUrl, sessions, [application])).toEqual([])
    expect(host.log.at(-1)).toContain('stopped')
  })

  it('cuts off what does not end in time, and ends with 1', async () => {
    await using host = await startProcess({ ...env, SHUTDOWN_NOTICE_MS: '0', SHUTDOWN_TIMEOUT_MS: '300' })
    await using _lock = await lockRepositories()
    const slow = get(host, '/repositories').catch((error: NodeJS.ErrnoException) => error.code)
    await vi.waitFor(async () => expect(await query(database.ownerUrl, waiting)).toHaveLength(1))
    host.child.kill('SIGTERM')
    expect(await host.ended).toBe(1)
    expect(await slow).toBe('ECONNRESET')
    expect(host.log.at(-1)).toContain('requests were cut off')
  })
})

describe('readiness', () => {
  it('is asked of the database: without it the host is not ready, and runs', async () => {
    await using host = await startProcess({ ...env, APP_DATABASE_URL: 'postgresql://nobody:x@127.0.0.1:1/nothing' })
    expect([(await get(host, '/health')).status, (await get(host, '/ready')).status]).toEqual([200, 503])
    host.child.kill('SIGTERM')
    expect(await host.ended).toBe(0)
  })
})
