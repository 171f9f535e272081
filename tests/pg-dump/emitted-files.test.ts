import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { createOwnedDatabase, samples } from '../../packages/rls-migrations/test/owned-database.ts'
import { runAsOwner } from '../../packages/rls-migrations/test/run-as-owner.ts'

const run = promisify(execFile)

/** Runs a file as a person would, stopping at the first error. */
async function psql(url: string, file: string): Promise<void> {
  await run('psql', ['--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--dbname', url, '--file', file])
}

it('psql runs what plan --emit sql writes, up to a database that verify accepts', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'partywall-psql-'))
  try {
    await using database = await createOwnedDatabase(samples.chinook)
    const out = join(cwd, 'files')
    await runAsOwner(database, ['plan', '--emit', 'sql', '--to', 'enforce', '--out', out, '--yes'], cwd)
    const scripts = await readdir(join(out, 'dba'))
    for (const phase of (await readdir(out)).filter((name) => name !== 'dba').toSorted()) {
      if (scripts.includes(`${phase}.sql`)) await psql(database.adminUrl, join(out, 'dba', `${phase}.sql`))
      for (const file of (await readdir(join(out, phase))).toSorted())
        await psql(database.ownerUrl, join(out, phase, file))
    }
    expect((await runAsOwner(database, ['status', '--yes'], cwd)).exitCode).toBe(0)
    expect((await runAsOwner(database, ['verify', '--json', '--yes'], cwd)).document).toMatchObject({ ok: true })
  } finally {
    await rm(cwd, { recursive: true })
  }
})
