import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { TenancyError } from '@partywall/tenancy-core'
import { messageOf } from '../postgres-server.ts'

const run = promisify(execFile)

/**
 * The path of the program. When the machine has none, it is installed from Debian if the caller wants that and may.
 *
 * @throws TenancyError `PGBOUNCER_UNAVAILABLE` when there is none and none can be installed.
 */
export async function findPgBouncer(install: boolean, directories: readonly string[] = searchPath()): Promise<string> {
  const found = await lookFor('pgbouncer', directories)
  if (found !== undefined) return found
  const apt = await lookFor('apt-get', directories)
  if (!install || process.getuid?.() !== 0 || apt === undefined) {
    throw new TenancyError(
      'PGBOUNCER_UNAVAILABLE',
      'There is no pgbouncer on the path. Install it (`apt-get install pgbouncer` on Debian), or pass `install: true` as root.',
    )
  }
  try {
    // RUNLEVEL=1 keeps Debian from starting the service that the package brings.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
    await run(apt, ['install', '-y', '--no-install-recommends', 'pgbouncer'], { env })
  } catch (cause) {
    throw new TenancyError('PGBOUNCER_UNAVAILABLE', `apt-get could not install pgbouncer: ${messageOf(cause)}`, {
      cause,
    })
  }
  const installed = await lookFor('pgbouncer', directories)
  if (installed !== undefined) return installed
  throw new TenancyError('PGBOUNCER_UNAVAILABLE', 'apt-get installed pgbouncer, and it is not on the path.')
}

/** The first part of `pgbouncer --version`: `1.18.0`. */
export async function pgBouncerVersion(program: string): Promise<string> {
  const { stdout } = await run(program, ['--version'])
  return /\d+\.\d+(?:\.\d+)?/.exec(stdout)?.[0] ?? stdout.trim()
}

async function lookFor(name: string, directories: readonly string[]): Promise<string | undefined> {
  for (const directory of directories) {
    const path = join(directory, name)
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (usable) return path
  }
  return undefined
}

/** Debian keeps the program where only administrators look. */
function searchPath(): string[] {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
}
