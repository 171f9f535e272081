import { spawn } from 'node:child_process'
import { chmod, chown, mkdtemp, open, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { TenancyError } from '@partywall/tenancy-core'
import { freePort } from '../free-port.ts'
import { messageOf } from '../postgres-server.ts'
import { startReaper } from '../reaper.ts'
import { exitOf } from '../server-process.ts'
import { unprivilegedUser } from '../unprivileged-user.ts'
import { withClient } from '../with-client.ts'
import { findPgBouncer, pgBouncerVersion } from './find-pgbouncer.ts'
import { pgBouncerIni, pgBouncerUserList, type PoolMode } from './pgbouncer-settings.ts'

/** What a PgBouncer is started with. */
export interface StartPgBouncerOptions {
  /** The server behind it, as a superuser. */
  readonly adminUrl: string
  /** @defaultValue 'transaction' */
  readonly poolMode?: PoolMode | undefined
  /** Server connections for each database and login. @defaultValue 4 */
  readonly poolSize?: number | undefined
  /** Further settings of its `[pgbouncer]` section. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** Whether Debian's package is installed when there is no pgbouncer; root only. @defaultValue false */
  readonly install?: boolean | undefined
}

/** A PgBouncer in front of a server. */
export interface PgBouncer extends AsyncDisposable {
  /** E.g. `1.18.0`. Below 1.21, nothing that is prepared is there for the next transaction. */
  readonly version: string
  /** The way to a database of the server through this PgBouncer, as the login of the URL. */
  readonly through: (url: string) => string
  /** Ends it. Safe to call twice. */
  readonly stop: () => Promise<void>
}

const readyTimeoutMs = 10_000
const killAndRemove = `
kill -TERM "$2" 2>/dev/null
waited=0
while kill -0 "$2" 2>/dev/null && [ $waited -lt 100 ]; do sleep 0.02; waited=$((waited + 1)); done
kill -KILL "$2" 2>/dev/null
rm -rf -- "$1"`

/**
 * Starts a PgBouncer on 127.0.0.1 in front of a server, as an unprivileged user when this process is root. Any login of
 * the server may use it. It leaves nothing behind, even when this process is killed.
 *
 * @throws TenancyError `PGBOUNCER_UNAVAILABLE` when the machine has none; the message says what to install.
 * @throws TenancyError `PGBOUNCER_START_FAILED` when it does not answer; the message ends with its log.
 *
 * @example
 * ```ts
 * await using bouncer = await startPgBouncer({ adminUrl: server.url() })
 * const pool = new pg.Pool({ connectionString: bouncer.through(login.url) })
 * ```
 */
export async function startPgBouncer(options: StartPgBouncerOptions): Promise<PgBouncer> {
  const program = await findPgBouncer(options.install ?? false)
  const version = await pgBouncerVersion(program)
  const { root, port, ini, log } = await writeFiles(options)
  const user = await unprivilegedUser()
  const output = await open(log, 'a')
  const child = spawn(program, [ini], {
    ...(user && { uid: user.uid, gid: user.gid }),
    stdio: ['ignore', output.fd, output.fd],
    detached: true,
    cwd: root,
  })
  const exited = exitOf(child)
  await output.close()
  const reaper = startReaper(killAndRemove, [root, String(child.pid)])
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= reaper.reap())
  const through = (url: string): string => {
    const target = new URL(url)
    target.hostname = '127.0.0.1'
    target.port = String(port)
    return target.href
  }
  const ended = exited.then((status) => `it ended with ${status}`)
  const failure = await Promise.race([ended, untilAnswers(through(options.adminUrl))])
  if (failure !== undefined) {
    const text = await readFile(log, 'utf8').catch(() => '')
    await stop()
    const message = `PgBouncer did not start: ${failure}. ${text.slice(-2000)}`.trim()
    throw new TenancyError('PGBOUNCER_START_FAILED', message, { details: { version } })
  }
  child.unref()
  reaper.detach()
  return { version, through, stop, [Symbol.asyncDispose]: stop }
}

async function writeFiles(
  options: StartPgBouncerOptions,
): Promise<{ root: string; port: number; ini: string; log: string }> {
  const { adminUrl, poolMode = 'transaction', poolSize = 4, settings } = options
  const root = await mkdtemp(join(tmpdir(), 'partywall-pgbouncer-'))
  const [ini, userList, log] = ['pgbouncer.ini', 'users.txt', 'pgbouncer.log'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ]
  const port = await freePort()
  await writeFile(ini, pgBouncerIni({ adminUrl, port, poolMode, poolSize, userList, settings }), { mode: 0o600 })
  await writeFile(userList, pgBouncerUserList(adminUrl), { mode: 0o600 })
  await writeFile(log, '')
  const user = await unprivilegedUser()
  if (user !== undefined) {
    await chmod(root, 0o711)
    for (const path of [ini, userList, log]) await chown(path, user.uid, user.gid)
  }
  return { root, port, ini, log }
}

/** Nothing when it answers; what was wrong last when it does not in time. */
async function untilAnswers(url: string): Promise<string | undefined> {
  const deadline = Date.now() + readyTimeoutMs
  for (;;) {
    try {
      await withClient({ connectionString: url }, (client) => client.query('select 1'))
      return undefined
    } catch (error) {
      if (Date.now() > deadline) return messageOf(error)
      await setTimeout(20)
    }
  }
}
