import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initializeCluster } from './initialize-cluster.ts'
import { copyBinaries, findPostgresBinaries, type PostgresBinaries, type PostgresMajor } from './postgres-binaries.ts'
import { startReaper } from './reaper.ts'
import { type ClusterFiles, runsAs, startServerProcess } from './server-process.ts'
import { unprivilegedUser } from './unprivileged-user.ts'

/** What an embedded cluster is started with. */
export interface EmbeddedClusterOptions {
  readonly major: PostgresMajor
  /** Server settings on top of the throwaway defaults, e.g. `{ work_mem: '64MB' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** @defaultValue the installed binaries of `major` */
  readonly binaries?: PostgresBinaries | undefined
  /** Proposes a port. Another process may take it in the meantime; then the next is asked for. */
  readonly proposePort?: (() => Promise<number>) | undefined
}

/** A throwaway cluster that answers on 127.0.0.1. */
export interface EmbeddedCluster {
  readonly adminUrl: string
  readonly stop: () => Promise<void>
}

// What is thrown away needs no orderly shutdown: QUIT ends the server and all its children at once.
const removeCluster = `
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
  # A single-user server, as initdb runs it, writes its process id with a minus: that would be a process group.
  case "$pid" in
    ''|*[!0-9]*) ;;
    *)
      kill -QUIT "$pid" 2>/dev/null
      waited=0
      while kill -0 "$pid" 2>/dev/null && [ $waited -lt 300 ]; do sleep 0.02; waited=$((waited + 1)); done
      kill -KILL "$pid" 2>/dev/null ;;
  esac
  rm -rf -- "$1" 2>/dev/null && exit 0
  sleep 0.1
done`

/**
 * Initializes and starts a cluster in a new temporary directory. Nothing is left behind after `stop`, nor when this
 * process ends in any other way, a kill included.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when the binaries are missing or this machine has no user to run them.
 * @throws TenancyError `POSTGRES_START_FAILED` when initdb or the server fails; the message ends with the server's log.
 */
export async function startEmbeddedCluster(options: EmbeddedClusterOptions): Promise<EmbeddedCluster> {
  const binaries = options.binaries ?? findPostgresBinaries(options.major)
  const user = await unprivilegedUser()
  const root = await mkdtemp(join(tmpdir(), 'partywall-postgres-'))
  const reaper = startReaper(removeCluster, [root])
  const stop = async (): Promise<void> => {
    await reaper.reap()
    await rm(root, { recursive: true, force: true })
  }
  try {
    const files: ClusterFiles = { root, data: join(root, 'data'), log: join(root, 'server.log'), user, binaries }
    await mkdir(files.data, { mode: 0o700 })
    if (user !== undefined) {
      // The server's user owns the data only, and may pass through the rest.
      await chmod(root, 0o711)
      await chown(files.data, user.uid, user.gid)
    }
    const reachable = await runsAs(files)
    const usable = reachable ? files : { ...files, binaries: await copyBinaries(binaries, join(root, 'postgres')) }
    const password = randomBytes(18).toString('base64url')
    await initializeCluster(usable, password)
    const port = await startServerProcess(usable, options.settings ?? {}, options.proposePort)
    // A caller who forgets to stop the server must still be able to exit.
    reaper.detach()
    return { adminUrl: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
