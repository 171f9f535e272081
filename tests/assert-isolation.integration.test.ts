import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenancy, writeSealKey, type Tenancy } from '../packages/tenancy-core/src/index.ts'
import { vitestSuite } from '../packages/rls-migrations/src/emit/vitest-suite.ts'
import { rotateSealKey } from '../packages/rls-migrations/src/index.ts'
import { assertIsolation } from '../packages/testing/src/index.ts'
import {
  convertWhole,
  createOwnedDatabase,
  query,
  samples,
  type OwnedDatabase,
} from '../packages/rls-migrations/test/owned-database.ts'
import { runCommand } from '../packages/rls-migrations/test/run-command.ts'

let database: OwnedDatabase
let tenancy: Tenancy
let appUrl: string
let folder: string

beforeAll(async () => {
  database = await createOwnedDatabase(samples.chinook)
  const { session, plan } = await convertWhole(database, 'enforce')
  await session.close()
  appUrl = (await database.login([plan.settings.roles.app])).url
  tenancy = createTenancy({ pool: { connectionString: appUrl, max: 2 } })
  // In a package, from where the suite finds what it imports.
  folder = await mkdtemp(join(import.meta.dirname, '../packages/testing/.emitted-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
  await tenancy.close()
  await database[Symbol.asyncDispose]()
})

const rowsOfAlbum = (): Promise<unknown> => query(database.adminUrl, 'select count(*) from album')

/** Breaks the wall for as long as `fn` runs. */
async function whileBroken<T>(fn: () => Promise<T>): Promise<T> {
  await database.admin('alter policy tenant_isolation on album using (true) with check (true)')
  try {
    return await fn()
  } finally {
    const isolation = 'org_id = (select partywall.require_tenant_id())'
    await database.admin(`alter policy tenant_isolation on album using (${isolation}) with check (${isolation})`)
  }
}

describe('assertIsolation', () => {
  it('holds for every table of a converted database, and leaves no row behind', async () => {
    const before = await rowsOfAlbum()
    await assertIsolation(tenancy)
    expect(await rowsOfAlbum()).toEqual(before)
  })

  it('names the table and what happened when a policy lets everything through', async () => {
    await whileBroken(async () => {
      await expect(assertIsolation(tenancy, { tables: ['artist', 'album'] })).rejects.toMatchObject({
        code: 'ISOLATION_BROKEN',
        message: expect.stringContaining("album  read-by-key  A read B's row by its key"),
        details: { crossings: expect.not.arrayContaining([expect.objectContaining({ table: 'artist' })]) },
      })
    })
  })

  it('notices a foreign key that reaches into another organization', async () => {
    const [key] = await query<{ name: string; definition: string }>(
      database.adminUrl,
      `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint where conrelid = 'album'::regclass and contype = 'f' and cardinality(conkey) > 1`,
    )
    await database.admin(
      `alter table album drop constraint "${key?.name}", add constraint "${key?.name}" foreign key (artist_id) references artist (artist_id)`,
    )
    try {
      await expect(assertIsolation(tenancy, { tables: ['album'] })).rejects.toThrow(/album {2}reference-other/)
    } finally {
      await database.admin(
        `alter table album drop constraint "${key?.name}", add constraint "${key?.name}" ${key?.definition}`,
      )
    }
  })

  it('does not pass for a table that is not there, and for one that it could not attack', async () => {
    await expect(assertIsolation(tenancy, { tables: ['albums'] })).rejects.toMatchObject({ code: 'ISOLATION_UNPROVED' })
    await expect(assertIsolation(tenancy, { tenantColumn: 'no_such', tables: [] })).rejects.toMatchObject({
      code: 'ISOLATION_UNPROVED',
    })
  })
})

describe('assertIsolation where organizations and people are the own of the host, and the context is sealed', () => {
  const [one, two] = ['10000000-0000-4000-a000-000000000000', '20000000-0000-4000-a000-000000000000'] as const

  it('holds for rows and people, and names the people that a policy shows', async () => {
    await using hosted = await createOwnedDatabase({
      text: `create table users (id uuid primary key default gen_random_uuid(), email text not null unique);
        create table teams (id uuid primary key, name text not null);
        create table notes (id serial primary key, team_id uuid not null references teams, author uuid references users, body text not null);
        insert into teams values ('${one}', 'One'), ('${two}', 'Two'); insert into users (email) values ('one@x'), ('two@x'), ('both@x')`,
    })
    const { session, plan } = await convertWhole(hosted, 'enforce', {
      root: { table: 'teams', name: 'name' },
      users: { table: 'users' },
      seal: true,
    })
    const key = await rotateSealKey(session, plan.settings, { overlapMs: 0 })
    await session.close()
    for (const [team, name] of [
      [one, 'one'],
      [two, 'two'],
    ] as const)
      await hosted.admin(
        `insert into partywall.memberships (organization_id, user_id, role) select '${team}', id::text, 'owner' from users where email in ('${name}@x', 'both@x')`,
      )
    const login = await hosted.login([plan.settings.roles.app])
    const sealed = createTenancy({ pool: { connectionString: login.url, max: 2 }, seal: { key: writeSealKey(key) } })
    try {
      const tables = ['notes', 'teams', 'users']
      await assertIsolation(sealed, { tables, organizations: [one, two] })
      await expect(assertIsolation(sealed, { tables: ['users'] })).rejects.toMatchObject({ code: 'ISOLATION_UNPROVED' })
      const [policy] = await query<{ using: string }>(
        hosted.adminUrl,
        `select qual as using from pg_policies where tablename = 'users' and policyname = 'member_access'`,
      )
      await hosted.admin('alter policy member_access on users using (true)')
      for (const options of [{ tables, organizations: [one, two] as const }, { tables: ['users'] }])
        await expect(assertIsolation(sealed, options)).rejects.toThrow(/^ {2}users {2}read-(?:by-key|all)/m)
      await hosted.admin(`alter policy member_access on users using (${policy?.using})`)
      await assertIsolation(sealed, { tables, organizations: [two, one] })
      expect(vitestSuite(plan).text).toContain("assertIsolation(tenancy, { tables: ['users'], organizations })")
    } finally {
      await sealed.close()
    }
  })
})

describe('partywall verify --emit vitest', () => {
  it('writes a suite that is green on a whole wall, and red for the table whose policy was sabotaged', async () => {
    expect(await runCommand(database.ownerUrl, 'verify', '--emit', 'vitest', '--out', folder)).toMatchObject({
      code: 0,
    })
    expect(await readFile(join(folder, 'isolation.test.ts'), 'utf8')).toContain(
      "  it('holds in album', () => assertIsolation(tenancy, { tables: ['album'] }))\n",
    )
    const green = await runSuite()
    expect(green).toMatchObject({ code: 0, failed: [] })
    expect(green.passed).toHaveLength(11)
    const red = await whileBroken(runSuite)
    expect(red).toMatchObject({ code: 1, failed: ['holds in album'] })
    expect(red.passed).toHaveLength(10)
    // Nothing that somebody changed by hand is replaced.
    const again = await runCommand(database.ownerUrl, 'verify', '--emit', 'vitest', '--out', folder)
    expect(again.complaint).toMatch(/^EMIT_TARGET_EXISTS: /)
    expect((await runCommand(database.ownerUrl, 'verify', '--emit', 'jest', '--out', folder)).code).toBe(2)
    expect((await runCommand(database.ownerUrl, 'verify', '--emit', 'vitest')).code).toBe(2)
  })
})

interface SuiteRun {
  readonly code: number
  readonly passed: readonly string[]
  readonly failed: readonly string[]
}

/** A process of its own, as a pipeline runs it. */
async function runSuite(): Promise<SuiteRun> {
  const conditions = JSON.stringify(['partywall-source', 'node', 'module-sync', 'development|production'])
  await writeFile(
    join(folder, 'vitest.config.mjs'),
    `const conditions = ${conditions}
const resolve = { conditions, externalConditions: conditions }
export default { resolve: { conditions }, ssr: { resolve }, environments: { ssr: { resolve }, __vitest__: { resolve } }, test: { testTimeout: 60000 } }\n`,
  )
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  const report = join(folder, 'report.json')
  const code = await new Promise<number>((done) => {
    execFile(
      process.execPath,
      [vitest, 'run', '--root', folder, '--reporter', 'json', '--outputFile', report],
      {
        env: { ...process.env, PARTYWALL_APP_URL: appUrl, NODE_OPTIONS: '--conditions=partywall-source' },
        cwd: folder,
      },
      (error) => done(error === null ? 0 : Number(error.code)),
    )
  })
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as {
    testResults: { assertionResults: { title: string; status: string }[] }[]
  }
  const titles = (status: string): string[] =>
    testResults.flatMap((file) => file.assertionResults.filter((one) => one.status === status).map((one) => one.title))
  return { code, passed: titles('passed'), failed: titles('failed') }
}
