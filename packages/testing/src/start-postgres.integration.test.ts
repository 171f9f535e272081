import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterEach, describe, expect, inject, it, vi } from 'vitest'
import { startPostgres } from './start-postgres.ts'
import { withClient } from './with-client.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

async function show(url: string, setting: string): Promise<unknown> {
  return await withClient({ connectionString: url }, async (client) => {
    const { rows } = await client.query(`select current_setting($1) as value`, [setting])
    return rows[0]?.value
  })
}

describe('startPostgres with embedded binaries', () => {
  it('leaves no process and no directory behind after stop', async () => {
    const server = await startPostgres({ source: 'embedded', major: 18 })
    const data = String(await show(server.url(), 'data_directory'))
    const processId = Number(readFileSync(`${data}/postmaster.pid`, 'utf8').split('\n')[0])
    expect([server.source, Math.floor(server.serverVersion / 10_000), isRunning(processId)]).toEqual([
      'embedded',
      18,
      true,
    ])
    await server.stop()
    await server.stop()
    expect([existsSync(data.replace(/\/data$/, '')), isRunning(processId)]).toEqual([false, false])
  })

  it('runs two servers at once that know nothing of each other', async () => {
    const [first, second] = await Promise.all([
      startPostgres({ source: 'embedded' }),
      startPostgres({ source: 'embedded' }),
    ])
    await using one = first
    await using two = second
    const database = await one.createDatabase()
    expect(one.url()).not.toBe(two.url())
    await expect(withClient({ connectionString: two.url({ database: database.name }) }, ping)).rejects.toMatchObject({
      code: '3D000',
    })
  })

  it('listens on 127.0.0.1 only and lets no one in without the password', async () => {
    await using server = await startPostgres({ source: 'embedded' })
    expect(await show(server.url(), 'listen_addresses')).toBe('127.0.0.1')
    const stranger = server.url({ user: 'postgres', password: 'postgres' })
    await expect(withClient({ connectionString: stranger }, ping)).rejects.toMatchObject({ code: '28P01' })
  })

  it('applies the settings it is given and stores UTF8 in the order of C', async () => {
    await using server = await startPostgres({ source: 'embedded', settings: { work_mem: '7MB' } })
    const settings = await Promise.all(
      ['work_mem', 'server_encoding', 'fsync', 'max_connections'].map((name) => show(server.url(), name)),
    )
    expect(settings).toEqual(['7MB', 'UTF8', 'off', '200'])
    const sql = `select datcollate from pg_database where datname = 'postgres'`
    const { rows } = await withClient({ connectionString: server.url() }, (client) => client.query(sql))
    expect(rows).toEqual([{ datcollate: 'C' }])
  })

  it("reports the server's own words when a setting is refused, and leaves nothing", async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'partywall-test-'))
    // The server may run as another user, who must be able to pass.
    chmodSync(temporary, 0o755)
    vi.stubEnv('TMPDIR', temporary)
    await expect(startPostgres({ source: 'embedded', settings: { work_mem: 'much' } })).rejects.toMatchObject({
      code: 'POSTGRES_START_FAILED',
      message: expect.stringContaining('invalid value for parameter "work_mem": "much"'),
    })
    expect(readdirSync(temporary)).toEqual([])
    rmdirSync(temporary)
  })

  it.each(['SIGKILL', 'SIGINT', 'exit'] as const)(
    'leaves nothing behind when its process ends by %s',
    async (ending) => {
      const { data, processId } = await startInAnotherProcess(ending)
      const deadline = Date.now() + 15_000
      while ((isRunning(processId) || existsSync(data)) && Date.now() < deadline) await delay(50)
      expect([isRunning(processId), existsSync(data.replace(/\/data$/, ''))]).toEqual([false, false])
    },
  )

  it('prints nothing and does not keep a process alive that forgets to stop it', async () => {
    const { output } = await startInAnotherProcess('forget')
    expect(output).toBe('')
  })
})

describe('startPostgres with a server of the environment', () => {
  it('opens it and leaves it running', async () => {
    vi.stubEnv('PARTYWALL_TEST_DATABASE_URL', inject('partywallPostgresUrl'))
    vi.stubEnv('PARTYWALL_TEST_POSTGRES', '')
    const server = await startPostgres()
    expect(server.source).toBe('environment')
    await server.stop()
    expect(await show(inject('partywallPostgresUrl'), 'server_encoding')).toBe('UTF8')
  })

  it('refuses one that has another version or other settings than asked for', async () => {
    vi.stubEnv('PARTYWALL_TEST_DATABASE_URL', inject('partywallPostgresUrl'))
    await expect(startPostgres({ source: 'environment', major: 14 })).rejects.toMatchObject({
      code: 'POSTGRES_UNAVAILABLE',
    })
    await expect(startPostgres({ source: 'environment', settings: { work_mem: '9MB' } })).rejects.toMatchObject({
      code: 'POSTGRES_UNAVAILABLE',
      details: { settings: ['work_mem'] },
    })
  })

  it('fails when no one answers, without telling the password', async () => {
    vi.stubEnv('PARTYWALL_TEST_DATABASE_URL', 'postgres://admin:hunter2@127.0.0.1:1/postgres')
    const failure: unknown = await startPostgres({ source: 'environment' }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', details: { host: '127.0.0.1:1' } })
    expect(String(failure)).not.toContain('hunter2')
  })
})

async function ping(client: Client): Promise<unknown> {
  return await client.query('select 1')
}

/** Whether the process exists. A zombie doesn't count: it has ended, only its parent hasn't asked. */
function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0)
  } catch (error) {
    // Another user's process exists, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return !existsSync('/proc') || !/^State:\s+Z/m.test(statusOf(processId))
}

function statusOf(processId: number): string {
  try {
    return readFileSync(`/proc/${processId}/status`, 'utf8')
  } catch {
    return ''
  }
}

async function startInAnotherProcess(ending: string): Promise<{ data: string; processId: number; output: string }> {
  const program = fileURLToPath(new URL('./fixtures/start-and-end.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=partywall-source', program, ending], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)))
  const [message] = (await once(child, 'message')) as [{ data: string; processId: number }]
  if (ending === 'SIGKILL' || ending === 'SIGINT') child.kill(ending)
  await once(child, 'close')
  return { ...message, output }
}
