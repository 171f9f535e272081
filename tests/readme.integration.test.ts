import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  compareSnapshots,
  readSchemaSnapshot,
  type SchemaSnapshot,
} from '../packages/rls-migrations/src/catalog/schema-snapshot.ts'
import { loadDump, openSession } from '../packages/rls-migrations/src/index.ts'
import { startThrowawayDatabase } from '../packages/partywall/src/throwaway-database.ts'
import { withOutputs, withoutDurations } from '../scripts/readme-outputs.ts'

const root = join(import.meta.dirname, '..')
const text = readFileSync(join(root, 'README.md'), 'utf8')

describe('README.md', () => {
  it('shows what the commands print, durations apart', async () => {
    expect(withoutDurations(text)).toBe(withoutDurations(await withOutputs(text)))
  })

  it('converts a database with the commands that it lists, and leads back to the very schema', async () => {
    const block = /```console\n(\$ partywall init[\s\S]*?)```/.exec(text)?.[1] ?? ''
    const commands = [...block.matchAll(/^\$ partywall ([^#\n]+)/gm)].map(([, words = '']) => words.trim().split(/\s+/))
    expect(commands.map(([name]) => name)).toEqual(
      expect.arrayContaining(['init', 'plan', 'apply', 'verify', 'members', 'status', 'rollback']),
    )
    await using database = await startThrowawayDatabase()
    await loadDump({ path: join(root, 'examples/flakeguard/database/schema.sql') }, database)
    const snapshot = async (): Promise<SchemaSnapshot> => {
      await using session = await openSession({ url: database.ownerUrl, applicationName: 'partywall readme' })
      return await readSchemaSnapshot(session)
    }
    await execute(
      database.ownerUrl,
      `insert into "User" ("id", "email", "login", "updatedAt") values ('1', 'you@example.com', 'you', now())`,
    )
    const before = await snapshot()
    // In the package, so that the configuration that `init` writes finds it by its name.
    const cwd = await mkdtemp(join(root, 'packages/partywall/.readme-'))
    try {
      for (const words of commands) await partywall(database.ownerUrl, cwd, words)
    } finally {
      await rm(cwd, { recursive: true })
    }
    expect(compareSnapshots(before, await snapshot())).toEqual([])
  })
})

/** A process of its own, as a reader has it; nobody is there to answer, so that every question is answered before. */
async function partywall(databaseUrl: string, cwd: string, words: readonly string[]): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    ['--conditions=partywall-source', join(root, 'packages/partywall/src/main.ts'), ...words, '--yes'],
    // The directory that a package manager was called in comes before the one that it runs the command in.
    { cwd, env: { ...process.env, INIT_CWD: cwd, DATABASE_URL: databaseUrl } },
  )
}

async function execute(url: string, statement: string): Promise<void> {
  await using session = await openSession({ url, applicationName: 'partywall readme' })
  await session.query(`set search_path = public; ${statement}`)
}
