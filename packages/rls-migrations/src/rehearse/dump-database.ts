import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TenancyError } from '@partywall/tenancy-core'
import { readingUrl, withoutPassword } from '../database/connection-string.ts'

/**
 * Dumps a running database into a file that is removed on disposal, with the `pg_dump` of the machine and these options of
 * it. Reads only.
 *
 * @throws TenancyError `DATABASE_URL_INVALID` when the connection string cannot be read; `PG_DUMP_MISSING` when there is none; `PG_DUMP_FAILED` with its complaint when it fails.
 */
export async function dumpDatabase(
  url: string,
  options: readonly string[] = ['--no-owner'],
): Promise<{ path: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'partywall-dump-'))
  const path = join(directory, 'dump.sql')
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    await runDump(url, [...options, '--file', path])
  } catch (error) {
    await remove()
    throw error
  }
  return { path, [Symbol.asyncDispose]: remove }
}

/** A password in the arguments would be seen by everybody on the machine. */
function splitPassword(target: URL): { readonly target: URL; readonly password: string } {
  const password = decodeURIComponent(target.password) || (target.searchParams.get('password') ?? '')
  target.password = ''
  target.searchParams.delete('password')
  return { target, password }
}

function runDump(url: string, options: readonly string[]): Promise<void> {
  const { target, password } = readingUrl(url, () => splitPassword(new URL(url)))
  return new Promise((resolve, reject) => {
    const child = spawn('pg_dump', [...options, '--dbname', target.href], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: password === '' ? process.env : { ...process.env, PGPASSWORD: password },
    })
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-4000)))
    child.on('error', (cause) =>
      reject(
        new TenancyError(
          'PG_DUMP_MISSING',
          'To copy a running database, pg_dump must be installed. Install the PostgreSQL client; rehearse takes a dump file instead, and verify --mutate works --in-place.',
          { cause },
        ),
      ),
    )
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(
            new TenancyError(
              'PG_DUMP_FAILED',
              `pg_dump of ${withoutPassword(url)} failed: ${complaint.trim()}. It may not be older than the server; rehearse takes a dump file instead, and verify --mutate works --in-place.`,
              { details: { exitCode: code } },
            ),
          ),
    )
  })
}
