import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import createKnex from 'knex'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOwnedDatabase, samples, type OwnedDatabase } from '../../test/owned-database.ts'
import { runAsOwner } from '../../test/run-as-owner.ts'
import { comparableSnapshot } from '../../test/snapshots.ts'
import { compareSnapshots } from '../catalog/schema-snapshot.ts'

const defaultOrganization = { id: '0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f' }
const formats = ['sql', 'prisma', 'knex'] as const

let cwd = ''
beforeAll(async () => void (cwd = await mkdtemp(join(tmpdir(), 'partywall-emit-'))))
afterAll(() => rm(cwd, { recursive: true }))

async function run(
  database: OwnedDatabase,
  ...argv: readonly string[]
): Promise<Awaited<ReturnType<typeof runAsOwner>>> {
  return await runAsOwner(database, [...argv, '--yes'], cwd)
}

/** Emits up to a phase and runs what was written as the tool would that it is for. */
async function emitAndRun(database: OwnedDatabase, format: (typeof formats)[number], to: string): Promise<void> {
  // The migrations of a tool are in one folder, whichever phase they are of.
  const out = join(cwd, `${database.name}-${format}${format === 'knex' ? '' : `-${to}`}`)
  const emitted = await run(database, 'plan', '--emit', format, '--out', out, '--to', to)
  expect(emitted.progress).toBe('')
  await runners[format](database, out)
}

const runners = {
  async sql(database: OwnedDatabase, out: string): Promise<void> {
    for (const phase of (await readdir(out)).filter((name) => name !== 'dba').toSorted()) {
      await runForDba(database, join(out, 'dba', `${phase}.sql`))
      for (const file of (await readdir(join(out, phase))).toSorted()) await runFile(database, join(out, phase, file))
    }
  },
  async prisma(database: OwnedDatabase, out: string): Promise<void> {
    await runAllForDba(database, out)
    const client = new Client({ connectionString: database.ownerUrl })
    await client.connect()
    try {
      // As the schema engine does it: each migration is one message of the simple protocol.
      for (const folder of (await readdir(join(out, 'prisma/migrations'))).toSorted())
        await client.query(await readFile(join(out, 'prisma/migrations', folder, 'migration.sql'), 'utf8'))
    } finally {
      await client.end()
    }
  },
  async knex(database: OwnedDatabase, out: string): Promise<void> {
    await runAllForDba(database, out)
    const knex = createKnex({
      client: 'pg',
      connection: database.ownerUrl,
      migrations: { directory: join(out, 'migrations'), loadExtensions: ['.mjs'], tableName: 'knex_migrations' },
    })
    try {
      await knex.migrate.latest()
    } finally {
      await knex.destroy()
    }
  },
}

/** As psql does: a statement at a time, on one connection. */
async function runFile(database: OwnedDatabase, file: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  const client = new Client({ connectionString: database.ownerUrl })
  await client.connect()
  try {
    // Only the files that are one transaction have bodies with semicolons of their own.
    const statements = text.includes(' concurrently ') ? text.split(/;\n/) : [text]
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Applies, and has a DBA do what the login may not, as the scripts of the other way do. */
async function applyWithDba(database: OwnedDatabase, to: string): Promise<void> {
  const { document } = await run(database, 'apply', '--to', to, '--accept-hazards', '--json')
  const left = (document as { left: readonly { statements: readonly string[] }[] }).left
  for (const statement of left.flatMap((one) => one.statements)) await database.admin(statement)
}

async function runAllForDba(database: OwnedDatabase, out: string): Promise<void> {
  for (const file of (await readdir(join(out, 'partywall/dba')).catch((): string[] => [])).toSorted())
    await runForDba(database, join(out, 'partywall/dba', file))
}

const ranByDba = new Set<string>()

/** Once: the folder of a migration tool keeps the scripts of the phases before. */
async function runForDba(database: OwnedDatabase, file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '')
  if (text === '' || ranByDba.has(file)) return
  ranByDba.add(file)
  await database.admin(text)
}

async function configure(config: object): Promise<void> {
  await writeFile(join(cwd, 'partywall.config.json'), JSON.stringify({ ...config, defaultOrganization }))
}

describe.each(['chinook', 'flakeguard', 'torture'] as const)('the files of a plan for %s', (name) => {
  it('make the very schema that apply makes, and the commands know it', { timeout: 300_000 }, async () => {
    const { config, path } = samples[name]
    await configure(config)
    await using applied = await createOwnedDatabase({ path })
    await using emitted = await createOwnedDatabase({ path })
    for (const to of ['expand', 'contract', 'enforce'] as const) {
      await applyWithDba(applied, to)
      await emitAndRun(emitted, 'sql', to)
      expect(compareSnapshots(await comparableSnapshot(applied), await comparableSnapshot(emitted)), to).toEqual([])
      expect((await run(emitted, 'status', '--json')).document).toMatchObject({ phase: to, broken: [], left: [] })
    }
    expect((await run(emitted, 'verify', '--json')).document).toMatchObject({ ok: true })
    expect((await run(emitted, 'apply', '--to', 'enforce', '--json')).document).toMatchObject({ applied: 0 })
  })
})

describe.each(['prisma', 'knex'] as const)('the migrations of %s', (format) => {
  it('make the very schema that apply makes, phase by phase', { timeout: 300_000 }, async () => {
    const { config, path } = samples.flakeguard
    await configure(config)
    await using applied = await createOwnedDatabase({ path })
    await using emitted = await createOwnedDatabase({ path })
    const early = await run(emitted, 'plan', '--emit', format, '--out', join(cwd, 'early'), '--to', 'enforce')
    expect(early.progress).toContain('EMIT_IMPOSSIBLE')
    for (const to of ['expand', 'contract', 'enforce'] as const) {
      await applyWithDba(applied, to)
      await emitAndRun(emitted, format, to)
      const differences = compareSnapshots(await comparableSnapshot(applied), await comparableSnapshot(emitted))
      expect(
        differences.filter((line) => !line.includes('knex_migrations')),
        to,
      ).toEqual([])
    }
    expect((await run(emitted, 'verify', '--json')).document).toMatchObject({ ok: true })
    expect((await run(emitted, 'rollback', '--json')).document).toMatchObject({ phase: 'none' })
  })
})

describe('files that were not run in full', () => {
  it('are found by the last one of their phase, which records nothing', async () => {
    await configure({})
    await using database = await createOwnedDatabase({
      text: 'create table things (id serial primary key, name text unique)',
    })
    const out = join(cwd, 'partial')
    await run(database, 'plan', '--emit', 'sql', '--out', out)
    const again = await run(database, 'plan', '--emit', 'sql', '--out', out)
    expect(again.progress).toContain('EMIT_TARGET_EXISTS')
    await dropFileOf(join(out, '2_expand'), 'create policy')
    await expect(runners.sql(database, out)).rejects.toThrow(/expand is not complete: .* is missing/)
    expect((await run(database, 'status', '--json')).document).toMatchObject({ phase: 'install' })
  })
})

async function dropFileOf(folder: string, statement: string): Promise<void> {
  for (const file of await readdir(folder))
    if ((await readFile(join(folder, file), 'utf8')).includes(statement)) await rm(join(folder, file))
}
