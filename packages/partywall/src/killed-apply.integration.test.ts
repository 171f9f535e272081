import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createOwnedDatabase, samples, type OwnedDatabase } from '../../rls-migrations/test/owned-database.ts'
import { openSession } from '../../rls-migrations/src/database/session.ts'
import { compareSnapshots, readSchemaSnapshot, type SchemaSnapshot } from '../../rls-migrations/src/catalog/schema-snapshot.ts'

const main = join(import.meta.dirname, 'main.ts')
const config = join(import.meta.dirname, '../../../examples/flakeguard/partywall.config.ts')
const organizationId = '0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f'

describe('partywall apply, killed', () => {
  it('reaches the same end state when it is run again, wherever it was killed', async () => {
    const expected = await convertUndisturbed()
    for (const fraction of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      await using database = await createOwnedDatabase(samples.flakeguard)
      await installFixedOrganization(database)
      const killedAt = await killDuringApply(database, fraction * expected.durationMs)
      const finished = await run(database, ['apply', '--to', 'enforce', '--yes'])
      expect(finished.code, `killed at ${killedAt} ms: ${finished.output}`).toBe(0)
      expect(compareSnapshots(expected.snapshot, await snapshotOf(database))).toEqual([])
      expect((await run(database, ['verify'])).code).toBe(0)
    }
  }, 300_000)
})

async function convertUndisturbed(): Promise<{ snapshot: SchemaSnapshot; durationMs: number }> {
  await using database = await createOwnedDatabase(samples.flakeguard)
  await installFixedOrganization(database)
  const startedAt = performance.now()
  const { code, output } = await run(database, ['apply', '--to', 'enforce', '--yes'])
  expect(code, output).toBe(0)
  return { snapshot: await snapshotOf(database), durationMs: performance.now() - startedAt }
}

/** The default organization's id is part of column defaults: equal end states need equal ids. */
async function installFixedOrganization(database: OwnedDatabase): Promise<void> {
  expect((await run(database, ['install'])).code).toBe(0)
  await database.admin(`update partywall.organizations set id = '${organizationId}' where is_default`)
}

async function killDuringApply(database: OwnedDatabase, afterMs: number): Promise<number> {
  const child = start(database, ['apply', '--to', 'enforce', '--yes'])
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
  await sleep(afterMs)
  child.kill('SIGKILL')
  await closed
  return Math.round(afterMs)
}

async function run(database: OwnedDatabase, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = start(database, args)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}

function start(database: OwnedDatabase, args: readonly string[]): ReturnType<typeof spawn> & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, ['--conditions=partywall-source', main, ...args, '--config', config, '--database-url', database.ownerUrl], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return child
}

/** Objects by name, with the names of the roles of each database made equal. */
async function snapshotOf(database: OwnedDatabase): Promise<SchemaSnapshot> {
  await using session = await openSession({ url: database.ownerUrl, applicationName: 'test' })
  const same = (text: string): string => text.replaceAll(database.name, 'DATABASE').replaceAll(database.owner, 'OWNER')
  const snapshot = await readSchemaSnapshot(session)
  return new Map([...snapshot].map(([object, definition]) => [same(object), same(definition).split(',').toSorted().join()]))
}
