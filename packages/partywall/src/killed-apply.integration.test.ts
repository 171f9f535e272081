import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createOwnedDatabase, samples, type OwnedDatabase } from '../../rls-migrations/test/owned-database.ts'
import { openSession, type Session } from '../../rls-migrations/src/database/session.ts'
import {
  compareSnapshots,
  readSchemaSnapshot,
  type SchemaSnapshot,
} from '../../rls-migrations/src/catalog/schema-snapshot.ts'

const main = join(import.meta.dirname, 'main.ts')
const config = join(import.meta.dirname, '../../../examples/flakeguard/partywall.config.ts')
const organizationId = '0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f'

describe('partywall apply, killed', () => {
  it('reaches the same end state when it is run again, wherever it was killed', async () => {
    const expected = await convertUndisturbed()
    for (const part of [0, 1, 2, 3, 4]) {
      await using database = await createOwnedDatabase(samples.flakeguard)
      await installFixedOrganization(database)
      // A random point in each fifth of the steps.
      const steps = Math.ceil(((part + Math.random()) / 5) * expected.steps * 0.95)
      await killAfter(database, steps)
      expect((await run(database, ['status'])).code, `killed after ${steps} steps`).toBe(3)
      const finished = await run(database, ['apply', '--to', 'enforce', '--yes'])
      expect(finished.code, `killed after ${steps} steps: ${finished.output}`).toBe(0)
      expect(compareSnapshots(expected.snapshot, await snapshotOf(database)), `killed after ${steps} steps`).toEqual([])
      expect((await run(database, ['verify'])).code).toBe(0)
    }
  }, 300_000)
})

async function convertUndisturbed(): Promise<{ snapshot: SchemaSnapshot; steps: number }> {
  await using database = await createOwnedDatabase(samples.flakeguard)
  await installFixedOrganization(database)
  const { code, output } = await run(database, ['apply', '--to', 'enforce', '--yes'])
  expect(code, output).toBe(0)
  return { snapshot: await snapshotOf(database), steps: await journaledSteps(database) }
}

/** The default organization's id is part of column defaults: equal end states need equal ids. */
async function installFixedOrganization(database: OwnedDatabase): Promise<void> {
  expect((await run(database, ['install'])).code).toBe(0)
  await database.admin(`update partywall.organizations set id = '${organizationId}' where is_default`)
}

/** Kills the run as soon as the journal has that many steps. */
async function killAfter(database: OwnedDatabase, steps: number): Promise<void> {
  // The watcher is a session that contract would break.
  const child = start(database, ['apply', '--to', 'enforce', '--yes', '--accept-old-sessions'])
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
  await using watcher = await openSession({ url: database.adminUrl, applicationName: 'test' })
  while (child.exitCode === null && (await countSteps(watcher)) < steps) await sleep(1)
  child.kill('SIGKILL')
  await closed
}

async function journaledSteps(database: OwnedDatabase): Promise<number> {
  await using session = await openSession({ url: database.adminUrl, applicationName: 'test' })
  return await countSteps(session)
}

async function countSteps(session: Session): Promise<number> {
  const { rows } = await session.query<{ steps: number }>(
    "select count(*)::int as steps from partywall.journal where status = 'done'",
  )
  return rows[0]?.steps ?? 0
}

async function run(database: OwnedDatabase, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = start(database, args)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}

function start(
  database: OwnedDatabase,
  args: readonly string[],
): ReturnType<typeof spawn> & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  const child = spawn(
    process.execPath,
    ['--conditions=partywall-source', main, ...args, '--config', config, '--database-url', database.ownerUrl],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  return child
}

/** Objects by name, with the names of the roles of each database made equal. */
async function snapshotOf(database: OwnedDatabase): Promise<SchemaSnapshot> {
  await using session = await openSession({ url: database.ownerUrl, applicationName: 'test' })
  const same = (text: string): string => text.replaceAll(database.name, 'DATABASE').replaceAll(database.owner, 'OWNER')
  const snapshot = await readSchemaSnapshot(session)
  return new Map(
    [...snapshot].map(([object, definition]) => [same(object), same(definition).split(',').toSorted().join()]),
  )
}
