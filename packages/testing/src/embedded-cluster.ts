import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdtemp, readFile, rm, writeFile, open } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { TenancyError } from '@partywall/tenancy-core'
import { findPostgresBinaries, type PostgresBinaries, type PostgresMajor } from './postgres-binaries.ts'
import { unprivilegedUser, type UnprivilegedUser } from './unprivileged-user.ts'
import { messageOf } from './postgres-server.ts'

/** What an embedded cluster is started with. */
export interface EmbeddedClusterOptions {
  readonly major: PostgresMajor
  /** Server settings on top of the throwaway defaults, e.g. `{ work_mem: '64MB' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/** A throwaway cluster that answers on 127.0.0.1. */
export interface EmbeddedCluster {
  readonly adminUrl: string
  readonly stop: () => Promise<void>
}

interface ClusterFiles {
  readonly root: string
  readonly data: string
  readonly log: string
  readonly user: UnprivilegedUser | undefined
  readonly binaries: PostgresBinaries
}

const startTimeoutMs = 60_000
const portAttempts = 20

// Nothing in a throwaway cluster survives its process, so every guarantee that costs time on disk is off.
const throwawaySettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  max_connections: '200',
  shared_buffers: '64MB',
  timezone: 'UTC',
}

/**
 * Initializes and starts a cluster in a new temporary directory. Nothing is left behind after `stop`, nor when this
 * process ends in any other way, a kill included.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when the binaries are missing or cannot be run here.
 * @throws TenancyError `POSTGRES_START_FAILED` when initdb or the server fails; the message ends with the server's log.
 */
export async function startEmbeddedCluster(options: EmbeddedClusterOptions): Promise<EmbeddedCluster> {
  const binaries = findPostgresBinaries(options.major)
  const user = await unprivilegedUser()
  const root = await mkdtemp(join(tmpdir(), 'partywall-postgres-'))
  const files: ClusterFiles = { root, data: join(root, 'data'), log: join(root, 'server.log'), user, binaries }
  const reaper = startReaper(files)
  try {
    if (user !== undefined) await chown(root, user.uid, user.gid)
    const password = randomBytes(18).toString('base64url')
    await initialize(files, password)
    const { server, port } = await startOnFreePort(files, options.settings ?? {})
    // A caller who forgets to stop the server must still be able to exit; the reaper then cleans up.
    server.unref()
    reaper.unref()
    return {
      adminUrl: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      stop: () => reap(reaper, root),
    }
  } catch (error) {
    await reap(reaper, root)
    throw error
  }
}

/**
 * A shell that waits for the end of its input, which the kernel closes however this process ends, and then ends the
 * server and removes its directory. Exit handlers could not do that: they don't run on SIGKILL, and signal handlers
 * would change how the host process answers to signals.
 */
function startReaper(files: ClusterFiles): ChildProcess {
  const script = `cat >/dev/null
    for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
      # A single-user server, as initdb runs it, writes its process id with a minus: that would be a process group.
      case "$pid" in ''|*[!0-9]*) ;; *) kill -QUIT "$pid" 2>/dev/null
        waited=0; while kill -0 "$pid" 2>/dev/null && [ $waited -lt 100 ]; do sleep 0.05; waited=$((waited + 1)); done ;; esac
      rm -rf -- "$1" 2>/dev/null && exit 0
      sleep 0.1
    done`
  // In a session of its own, so that Ctrl-C in a terminal reaches the host process only.
  const reaper = spawn('/bin/sh', ['-c', script, 'sh', files.root], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' })
  reaper.on('error', () => undefined)
  return reaper
}

async function reap(reaper: ChildProcess, root: string): Promise<void> {
  if (reaper.exitCode === null && reaper.pid !== undefined) {
    reaper.ref()
    const ended = once(reaper, 'exit')
    reaper.stdin?.end()
    await ended
  }
  await rm(root, { recursive: true, force: true })
}

async function initialize(files: ClusterFiles, password: string): Promise<void> {
  const passwordFile = join(files.root, 'password')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (files.user !== undefined) await chown(passwordFile, files.user.uid, files.user.gid)
  const log = await open(files.log, 'a')
  try {
    const flags = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync']
    const initdb = spawn(files.binaries.initdb, [`--pgdata=${files.data}`, `--pwfile=${passwordFile}`, ...flags], spawnOptions(files, log.fd))
    const code = await exitOf(initdb)
    if (code !== 0) throw await startFailed(files, `initdb ended with ${code}`)
  } finally {
    await log.close()
    await rm(passwordFile, { force: true })
  }
}

async function startOnFreePort(files: ClusterFiles, settings: Readonly<Record<string, string>>): Promise<{ server: ChildProcess; port: number }> {
  for (let attempt = 1; attempt <= portAttempts; attempt++) {
    const port = await freePort()
    const server = await startServer(files, port, settings)
    if (server !== undefined) return { server, port }
  }
  throw await startFailed(files, `no free port in ${portAttempts} attempts`)
}

/** The running server, or undefined when another process took the port in between. */
async function startServer(files: ClusterFiles, port: number, settings: Readonly<Record<string, string>>): Promise<ChildProcess | undefined> {
  await writeFile(files.log, '')
  const log = await open(files.log, 'a')
  const flags = Object.entries({ ...throwawaySettings, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(files.binaries.postgres, ['-D', files.data, '-p', String(port), ...flags], spawnOptions(files, log.fd))
  const exited = exitOf(server)
  await log.close()
  const controller = new AbortController()
  const outcome = await Promise.race([exited, untilReady(files, controller.signal)]).finally(() => controller.abort())
  if (outcome === 'ready') return server
  if (outcome === 'timeout') throw await startFailed(files, `not ready after ${startTimeoutMs} ms`)
  if (/could not bind|Address already in use|could not create any TCP\/IP sockets/.test(await readFile(files.log, 'utf8'))) return undefined
  throw await startFailed(files, `postgres ended with ${outcome}`)
}

/** Reads the status that pg_ctl reads too: log lines depend on the caller's settings, this file doesn't. */
async function untilReady(files: ClusterFiles, signal: AbortSignal): Promise<'ready' | 'timeout'> {
  const deadline = Date.now() + startTimeoutMs
  while (Date.now() < deadline && !signal.aborted) {
    const status = await readFile(join(files.data, 'postmaster.pid'), 'utf8').catch(() => '')
    if (status.split('\n')[7]?.trim() === 'ready') return 'ready'
    await delay(10)
  }
  return 'timeout'
}

function spawnOptions(files: ClusterFiles, log: number): { uid?: number; gid?: number; stdio: ['ignore', number, number]; detached: true; cwd: string; env: Record<string, string> } {
  // Only what the server needs: PGDATA, PGPORT or LC_ALL of the caller's shell would change the cluster.
  const environment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
  return { ...(files.user && { uid: files.user.uid, gid: files.user.gid }), stdio: ['ignore', log, log], detached: true, cwd: files.root, env: environment }
}

async function exitOf(child: ChildProcess): Promise<number | string> {
  const result = await Promise.race([
    once(child, 'exit').then(([code, signal]: (number | string | null)[]) => code ?? signal ?? 'no status'),
    once(child, 'error').then(([error]: unknown[]) => messageOf(error)),
  ]).catch(messageOf)
  return result
}

async function startFailed(files: ClusterFiles, reason: string): Promise<TenancyError> {
  const log = await readFile(files.log, 'utf8').catch(() => '')
  return new TenancyError('POSTGRES_START_FAILED', `The embedded PostgreSQL did not start: ${reason}. ${log.slice(-2000)}`.trim(), { details: { reason } })
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
