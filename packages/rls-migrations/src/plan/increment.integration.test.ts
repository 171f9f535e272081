import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOwnedDatabase, execute, query, type OwnedDatabase } from '../../test/owned-database.ts'
import { runAsOwner, type CommandOutput } from '../../test/run-as-owner.ts'
import { comparableSnapshot } from '../../test/snapshots.ts'
import { compareSnapshots } from '../catalog/schema-snapshot.ts'

const base = `
create table countries (code text primary key, name text not null);
create table posts (id serial primary key, slug text not null unique, country text references countries);
insert into countries values ('de', 'Germany');
insert into posts (slug, country) values ('a', 'de'), ('b', null);`

/** What a later migration of the host brings: tables, a column with a foreign key, a unique key, an index, a view. */
const later = `
create table categories (id serial primary key, name text not null unique);
alter table posts add column category_id int references categories on delete set null;
alter table posts add column number serial;
create unique index posts_number_key on posts (number);
create index posts_category_idx on posts (category_id);
create table comments (id serial primary key, post_id int not null references posts on delete cascade, body text not null);
create table tags (name text primary key);
create table comment_tags (comment_id int references comments, tag text references tags, primary key (comment_id, tag));
create view popular as select p.slug, c.body from posts p join comments c on c.post_id = p.id;`

const organization = '0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f'
const phases = ['expand', 'contract', 'enforce'] as const

describe.each(phases)('tables that come after %s', (phase) => {
  let cwd = ''
  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'partywall-increment-'))
    await writeFile(join(cwd, 'partywall.config.json'), JSON.stringify({ defaultOrganization: { id: organization } }))
  })
  afterAll(() => rm(cwd, { recursive: true }))

  const run = async (database: OwnedDatabase, ...argv: readonly string[]): Promise<CommandOutput> => {
    const output = await runAsOwner(database, [...argv, '--yes'], cwd)
    // A complaint starts with its code.
    expect(output.progress).not.toMatch(/^[A-Z]+(_[A-Z]+)*: /m)
    return output
  }

  it('are added by apply, and nothing else is', { timeout: 120_000 }, async () => {
    await using database = await createOwnedDatabase({ text: base })
    await using whole = await createOwnedDatabase({ text: `${base}${later}` })
    await run(whole, 'apply', '--to', phase)
    await run(database, 'apply', '--to', phase)
    const original = await steps(database)
    await execute(database.ownerUrl, later)

    const plan = await run(database, 'plan', '--json')
    expect(
      addedBy(plan)
        .tables.map((table) => table.name)
        .toSorted(),
    ).toEqual(['categories', 'comment_tags', 'comments', 'tags'])
    expect((await run(database, 'plan', '--check')).exitCode).toBe(3)
    expect((await run(database, 'status')).exitCode).toBe(3)

    // Without --to, and in whatever phase: the new ones go where the others are.
    const applied = await run(database, 'apply')
    expect(applied.text).toContain(`Reached ${phase}`)
    expect(compareSnapshots(await comparableSnapshot(whole), await comparableSnapshot(database))).toEqual([])
    expect(await steps(database)).toEqual(expect.arrayContaining(original))

    expect((await run(database, 'plan', '--json')).document).toMatchObject({ added: null })
    expect((await run(database, 'status')).exitCode).toBe(phase === 'enforce' ? 0 : 3)
    expect((await run(database, 'verify', '--json')).document).toMatchObject({ ok: true, crossings: [] })
    expect((await run(database, 'apply', '--json')).document).toMatchObject({ applied: 0 })
  })

  it('go with the rest on a rollback, down to the schema that the host made', { timeout: 120_000 }, async () => {
    await using database = await createOwnedDatabase({ text: base })
    await using bare = await createOwnedDatabase({ text: `${base}${later}` })
    await run(database, 'apply', '--to', phase)
    await execute(database.ownerUrl, later)
    await run(database, 'apply')
    await run(database, 'rollback', '--to', 'none')
    expect(compareSnapshots(await comparableSnapshot(bare), await comparableSnapshot(database))).toEqual([])
  })
})

describe('tables that come after a second organization', () => {
  const acme = '1f1f1f1f-1f1f-4f1f-8f1f-1f1f1f1f1f1f'
  const enforced = async (): Promise<OwnedDatabase> => {
    const database = await createOwnedDatabase({ text: base })
    await runAsOwner(database, ['apply', '--to', 'enforce', '--yes'])
    await database.admin(`insert into partywall.organizations (id, slug, name) values ('${acme}', 'acme', 'Acme')`)
    return database
  }

  it('are refused while they hold rows that could be of either, and taken once they hold none', async () => {
    await using database = await enforced()
    await execute(
      database.ownerUrl,
      "create table notes (id serial primary key, body text); insert into notes values (1, 'whose?')",
    )
    const refused = await runAsOwner(database, ['apply', '--yes'])
    expect(refused.exitCode).toBe(1)
    expect(refused.progress).toContain('nothing tells whose the rows are')
    expect(
      await query(
        database.ownerUrl,
        "select from information_schema.columns where table_name = 'notes' and column_name = 'org_id'",
      ),
    ).toEqual([])
    await execute(database.ownerUrl, 'delete from notes')
    expect((await runAsOwner(database, ['apply', '--yes'])).exitCode).toBe(0)
    expect((await runAsOwner(database, ['verify', '--json', '--yes'])).document).toMatchObject({ ok: true })
  })

  it('keep a tenant column, keys and foreign keys that the migration of the host gave them', async () => {
    await using database = await enforced()
    await execute(
      database.ownerUrl,
      `create table notes (
         id serial primary key, org_id uuid not null default partywall.current_tenant_id(), country text, title text not null,
         unique (org_id, title),
         foreign key (org_id, country) references countries (org_id, code) on delete cascade);
       insert into notes (org_id, title) values ('${acme}', 'ours')`,
    )
    const { steps: added } = addedBy(await runAsOwner(database, ['plan', '--json', '--yes']))
    expect(added.filter((step) => /index-|key-|foreign-key/.test(step))).toEqual([])
    expect((await runAsOwner(database, ['apply', '--yes'])).exitCode).toBe(0)
    expect((await runAsOwner(database, ['verify', '--json', '--yes'])).document).toMatchObject({ ok: true })
    expect(await query(database.adminUrl, 'select org_id from notes')).toEqual([{ org_id: acme }])
    expect((await runAsOwner(database, ['status', '--yes'])).exitCode).toBe(0)
  })

  it('are refused when their tenant column could be of no organization', async () => {
    await using database = await enforced()
    await execute(database.ownerUrl, 'create table notes (id serial primary key, org_id uuid)')
    const refused = await runAsOwner(database, ['apply', '--yes'])
    expect(refused.progress).toContain('Make it uuid NOT NULL')
    expect(refused.exitCode).toBe(1)
  })

  it('are what the configuration says, and what it said of the others stands', async () => {
    await using database = await enforced()
    await execute(
      database.ownerUrl,
      'create table currencies (code text primary key); create table notes (id serial primary key)',
    )
    const cwd = await mkdtemp(join(tmpdir(), 'partywall-increment-'))
    await writeFile(join(cwd, 'partywall.config.json'), JSON.stringify({ tables: { shared: ['currencies'] } }))
    expect((await runAsOwner(database, ['apply', '--yes'], cwd)).exitCode).toBe(0)
    const plan = await runAsOwner(database, ['plan', '--json', '--yes'], cwd)
    expect(plan.document).toMatchObject({ added: null, pending: [] })
    const { tables } = plan.document as { tables: { tenant: { name: string }[]; shared: { name: string }[] } }
    expect(tables.shared.map((table) => table.name)).toEqual(['currencies'])
    expect(tables.tenant.map((table) => table.name)).toContain('notes')
    await rm(cwd, { recursive: true })
  })
})

describe.each(phases)('a partition that comes after %s', (phase) => {
  it('gets the wall of its table', async () => {
    const schema = `
      create table events (id bigserial, at date not null, kind text, primary key (id, at)) partition by range (at);
      create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
      insert into events (at, kind) values ('2026-01-05', 'a');`
    await using database = await createOwnedDatabase({ text: schema })
    expect((await runAsOwner(database, ['apply', '--to', phase, '--yes'])).exitCode).toBe(0)
    await execute(
      database.ownerUrl,
      "create table events_2 partition of events for values from ('2026-02-01') to ('2026-03-01')",
    )
    const applied = await runAsOwner(database, ['apply', '--yes'])
    expect(applied.progress).not.toContain('FAILED')
    expect(applied.exitCode).toBe(0)
    const [row] = await query<{ relrowsecurity: boolean; relforcerowsecurity: boolean }>(
      database.ownerUrl,
      "select relrowsecurity, relforcerowsecurity from pg_class where relname = 'events_2'",
    )
    expect(row).toEqual({ relrowsecurity: true, relforcerowsecurity: phase === 'enforce' })
    expect((await runAsOwner(database, ['verify', '--json', '--yes'])).document).toMatchObject({ ok: true })
    expect((await runAsOwner(database, ['rollback', '--yes'])).exitCode).toBe(0)
  })
})

describe('a foreign key that came later, to a key that contract drops', () => {
  it('is known to contract', async () => {
    await using database = await createOwnedDatabase({ text: base })
    await runAsOwner(database, ['apply', '--yes'])
    await execute(database.ownerUrl, 'create table cities (id serial primary key, country text references countries)')
    const unknown = await runAsOwner(database, ['plan', '--json', '--yes'])
    expect(unknown.document?.['pending']).toContain('contract/cities/foreign-key-cities_country_fkey')
    const applied = await runAsOwner(database, ['apply', '--to', 'contract', '--yes'])
    expect(applied.exitCode).toBe(0)
    expect((await runAsOwner(database, ['apply', '--to', 'enforce', '--yes'])).exitCode).toBe(0)
    expect((await runAsOwner(database, ['verify', '--json', '--yes'])).document).toMatchObject({ ok: true })
  })
})

describe('an apply of new tables that is cut off', () => {
  it('is taken up by the next one, and status calls what is missing pending', async () => {
    await using database = await createOwnedDatabase({ text: base })
    await runAsOwner(database, ['apply', '--to', 'enforce', '--yes'])
    await execute(database.ownerUrl, later)
    // A row that references nothing: the proof of the composite key stops the run in its middle.
    await database.admin(
      `set session_replication_role = replica; insert into comments (post_id, body) values (99, 'orphan')`,
    )
    expect((await runAsOwner(database, ['apply', '--yes'])).exitCode).toBe(1)
    expect((await runAsOwner(database, ['status', '--yes'])).exitCode).toBe(3)
    await execute(database.ownerUrl, 'delete from comments')
    expect((await runAsOwner(database, ['apply', '--yes'])).exitCode).toBe(0)
    expect((await runAsOwner(database, ['status', '--yes'])).exitCode).toBe(0)
    expect((await runAsOwner(database, ['verify', '--json', '--yes'])).document).toMatchObject({ ok: true })
  })
})

/** What a plan adds to the frozen one. */
function addedBy(plan: CommandOutput): { tables: { name: string }[]; steps: string[] } {
  return plan.document?.['added'] as ReturnType<typeof addedBy>
}

/** The steps of the frozen plan, with their inverses; what only looks around before contract looks at what is new as well. */
async function steps(database: OwnedDatabase): Promise<unknown[]> {
  const rows = await query<{ steps: { kind: string }[] }>(
    database.adminUrl,
    "select plan -> 'steps' as steps from partywall.conversion",
  )
  return (rows[0]?.steps ?? []).filter((step) => step.kind !== 'precondition')
}
