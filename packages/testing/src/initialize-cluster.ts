import { spawn } from 'node:child_process'
import { chown, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exitOf, spawnOptions, startFailed } from './server-process.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
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

/** Runs initdb: UTF8, locale C (the same order of text on every machine), passwords checked on every connection. */
export async function initializeCluster(files: ClusterFiles, password: string): Promise<void> {
  const passwordFile = join(files.root, 'password')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (files.user !== undefined) await chown(passwordFile, files.user.uid, files.user.gid)
  const log = await open(files.log, 'a')
  try {
    const flags = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync']
    const paths = [`--pgdata=${files.data}`, `--pwfile=${passwordFile}`]
    const code = await exitOf(spawn(files.binaries.initdb, [...paths, ...flags], spawnOptions(files, log.fd)))
    if (code !== 0) throw await startFailed(files, `initdb ended with ${code}`)
  } finally {
    await log.close()
    await rm(passwordFile, { force: true })
  }
}
