import { spawn } from 'node:child_process'
import { chown, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClusterFiles, exitOf, spawnOptions, startFailed } from './server-process.ts'

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
