import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { TenancyError } from '@partywall/tenancy-core'
import { freePort } from './free-port.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { messageOf } from './postgres-server.ts'
import type { UnprivilegedUser } from './unprivileged-user.ts'

/** Where a throwaway cluster lives and who runs it. */
export interface ClusterFiles {
  /** The temporary directory that holds everything else. */
  readonly root: string
  readonly data: string
  readonly log: string
  readonly user: UnprivilegedUser | undefined
  readonly binaries: PostgresBinaries
}

type Settings = Readonly<Record<string, string>>

const startTimeoutMs = 60_000
const portAttempts = 20

// Nothing in a throwaway cluster survives its process, so every guarantee that costs time on disk is off.
const throwawaySettings: Settings = {
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
 * Starts the server of an initialized cluster and returns its port.
 *
 * @throws TenancyError `POSTGRES_START_FAILED` when the server ends, or isn't ready after a minute.
 */
export async function startServerProcess(
  files: ClusterFiles,
  settings: Settings,
  proposePort: () => Promise<number> = freePort,
): Promise<number> {
  for (let attempt = 1; attempt <= portAttempts; attempt++) {
    const port = await proposePort()
    if (await startOnPort(files, port, settings)) return port
  }
  throw await startFailed(files, `no free port in ${portAttempts} attempts`)
}

/** Whether the user that will run the server can reach the binaries, e.g. not when they are below root's home. */
export async function runsAs(files: ClusterFiles): Promise<boolean> {
  if (files.user === undefined) return true
  return (await exitOf(spawn(files.binaries.postgres, ['--version'], spawnOptions(files, 'ignore')))) === 0
}

/** How every process of the cluster is spawned: as its user, in a session of its own, with nothing of our environment. */
export function spawnOptions(files: ClusterFiles, output: number | 'ignore'): SpawnOptions {
  return {
    ...(files.user && { uid: files.user.uid, gid: files.user.gid }),
    stdio: ['ignore', output, output],
    detached: true,
    cwd: files.root,
    // PGDATA, PGOPTIONS or LC_ALL of the caller's shell would change the cluster.
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  }
}

/** The exit code, the signal, or the reason why the process could not be started. */
export async function exitOf(child: ChildProcess): Promise<number | string> {
  const exited = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => code ?? signal ?? 'no status')
  // `once` rejects when the child emits 'error' first, e.g. EACCES or ENOENT.
  return await exited.catch(messageOf)
}

/** The coded error of a start that failed, with the end of the server's log. */
export async function startFailed(files: ClusterFiles, reason: string): Promise<TenancyError> {
  const log = await readFile(files.log, 'utf8').catch(() => '')
  const message = `The embedded PostgreSQL did not start: ${reason}. ${log.slice(-2000)}`
  return new TenancyError('POSTGRES_START_FAILED', message.trim(), { details: { reason } })
}

/** False when another process took the port in between. */
async function startOnPort(files: ClusterFiles, port: number, settings: Settings): Promise<boolean> {
  await writeFile(files.log, '')
  const log = await open(files.log, 'a')
  const server = spawn(files.binaries.postgres, serverArguments(files, port, settings), spawnOptions(files, log.fd))
  const exited = exitOf(server)
  await log.close()
  const polling = new AbortController()
  const outcome = await Promise.race([exited, untilReady(files, polling.signal)])
  polling.abort()
  server.unref()
  if (outcome === 'ready') return true
  if (outcome === 'timeout') throw await startFailed(files, `not ready after ${startTimeoutMs} ms`)
  if (isPortTaken(await readFile(files.log, 'utf8'))) return false
  throw await startFailed(files, `postgres ended with ${outcome}`)
}

function serverArguments(files: ClusterFiles, port: number, settings: Settings): string[] {
  const flags = Object.entries({ ...throwawaySettings, ...settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  // The port comes last: one among the settings would make the server answer where nobody looks for it.
  return ['-D', files.data, ...flags, '-p', String(port)]
}

/** Reads the status that pg_ctl reads too: the lines of the log depend on the caller's settings, this file doesn't. */
async function untilReady(files: ClusterFiles, signal: AbortSignal): Promise<'ready' | 'timeout'> {
  const deadline = Date.now() + startTimeoutMs
  while (Date.now() < deadline && !signal.aborted) {
    const status = await readFile(join(files.data, 'postmaster.pid'), 'utf8').catch(() => '')
    if (status.split('\n')[7]?.trim() === 'ready') return 'ready'
    await delay(10)
  }
  return 'timeout'
}

function isPortTaken(log: string): boolean {
  return log.includes('Address already in use') || log.includes('could not create any TCP/IP sockets')
}
