import { createHash } from 'node:crypto'
import { testServer } from '@partywall/testing/vitest'
import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, execute, query, samples, type OwnedDatabase } from '../../test/owned-database.ts'
import { applyPlan } from '../apply/apply-plan.ts'
import type { PartywallConfig } from '../config/conversion-config.ts'
import { openSession, type OpenSession } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'
import type { Phase } from '../plan/step.ts'
import { verifyDatabase } from './verify-database.ts'

/** Everything that a proof could have left behind: each table's rows, each sequence's position, each role's memberships. */
async function fingerprint(url: string): Promise<Record<string, string>> {
  const tables = await query<{ name: string }>(
    url,
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname !~ '^pg_' and schemaname <> 'information_schema' order by 1",
  )
  const result: Record<string, string> = {}
  for (const { name } of tables) {
    const [row] = await query<{ content: string }>(
      url,
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as content from ${name} t`,
    )
    result[name] = row?.content ?? ''
  }
  const catalog = [
    'select * from pg_sequences',
    'select * from pg_policies',
    'select * from pg_auth_members',
    'select oid, relname, relowner, relacl, relrowsecurity, relforcerowsecurity from pg_class',
    'select oid, proname, proowner, proacl, prosrc from pg_proc where oid >= 16384',
    'select name, statement from pg_prepared_statements',
  ]
  for (const text of catalog) {
    const rows = await query(url, text)
    const texts = rows.map((row) => JSON.stringify(row)).toSorted()
    result[text] = createHash('sha256').update(texts.join('\n')).digest('hex')
  }
  return result
}

/** Converts and keeps the owner's session open, with the plan beside it. */
async function convertTo(
  database: OwnedDatabase,
  to: Phase,
  config: PartywallConfig = {},
): Promise<OpenSession & { readonly plan: Plan }> {
  const { session, plan } = await convert(database, to, config)
  return { ...session, plan }
}

describe.each(Object.entries(samples))('verify of %s', (_name, sample) => {
  it('proves every table in every phase, with and without a login of the application', async () => {
    await using database = await createOwnedDatabase(sample)
    await using session = await convertTo(database, 'expand', sample.config)
    const { plan } = session
    const login = await database.login([plan.settings.roles.app])
    for (const phase of ['expand', 'contract', 'enforce'] as const) {
      await applyPlan({ session, plan, to: phase })
      for (const appUrl of [undefined, login.url]) {
        const report = await verifyDatabase({ session, plan, phase, appUrl })
        expect(report.crossings).toEqual([])
        expect(report.staticOnly).toEqual([])
        expect(report.tables.proved).toBe(plan.tables.tenant.length + plan.tables.user.length)
        expect(report.probes.blocked).toBe(report.probes.run)
      }
    }
  })

  it('leaves rows, sequences and catalog as they were', async () => {
    await using database = await createOwnedDatabase(sample)
    await using session = await convertTo(database, 'contract', sample.config)
    const { plan } = session
    const login = await database.login([plan.settings.roles.app])
    const before = await fingerprint(database.adminUrl)
    for (const appUrl of [undefined, login.url]) await verifyDatabase({ session, plan, phase: 'contract', appUrl })
    expect(await fingerprint(database.adminUrl)).toEqual(before)
    const open = await query(
      database.adminUrl,
      "select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    )
    expect(open).toEqual([])
  })
})

describe('verify on a live database', () => {
  it('leaves tables alone whose triggers reach outside, and names them', async () => {
    await using database = await createOwnedDatabase({
      text: `
        create table quiet (id int primary key, at timestamptz);
        create table loud (id int primary key);
        create table quieter (id int primary key, loud_id int not null references loud);
        create table audit (id serial primary key, line text);
        create table audited (id int primary key);
        create table counted (id int primary key);
        create sequence numbers;
        create function stamp() returns trigger language plpgsql as $$ begin new.at := now(); return new; end $$;
        create function tell() returns trigger language plpgsql as $$ begin perform pg_notify('loud', new.id::text); return new; end $$;
        create function note() returns trigger language plpgsql as $$ begin insert into audit (line) values ('x'); return new; end $$;
        create function take_number() returns int language sql as $$ select nextval('numbers')::int $$;
        create function count_up() returns trigger language plpgsql as $$ begin perform take_number(); return new; end $$;
        create trigger stamp before insert on quiet for each row execute function stamp();
        create trigger tell after insert on loud for each row execute function tell();
        create trigger note after insert on audited for each row execute function note();
        create trigger count_up after insert on counted for each row execute function count_up();
      `,
    })
    await using session = await convertTo(database, 'contract')
    const { plan } = session
    const report = await verifyDatabase({ session, plan, phase: 'contract' })
    expect(report).toMatchObject({ ok: true, tables: { total: 6, proved: 2, staticOnly: 4 } })
    expect(report.staticOnly.toSorted((one, other) => (one.table < other.table ? -1 : 1))).toEqual([
      { table: 'audited', reason: 'the trigger audited.note runs note, which writes to audit and its sequence' },
      { table: 'counted', reason: 'the trigger counted.count_up runs take_number, which mentions nextval' },
      { table: 'loud', reason: 'the trigger loud.tell runs tell, which mentions pg_notify' },
      { table: 'quieter', reason: 'the trigger loud.tell runs tell, which mentions pg_notify' },
    ])
  })

  it('makes rows for every kind of column and constraint, in empty tables too', async () => {
    const { serverVersion } = await testServer()
    const multirange = serverVersion >= 140000 ? 'ak int4multirange not null,' : ''
    await using database = await createOwnedDatabase({
      text: `
        create extension if not exists btree_gist;
        create type mood as enum ('calm', 'wild');
        create domain email as text check (value ~ '^[^@ ]+@[^@ ]+$');
        create table everything (
          a smallint primary key, b int not null unique, c bigint not null unique, d numeric(6, 2) not null unique, e numeric(3, 3) not null, f real not null,
          g float8 not null, h money not null, i boolean not null, j uuid not null unique, k bytea not null unique, l date not null, m timestamp not null,
          n timestamptz(0) not null, o time not null, p timetz not null, q interval not null, r inet not null, s cidr not null, t macaddr not null, u bit(5) not null,
          v varbit(9) not null, w json not null, x jsonb not null, y mood not null, z mood[] not null, aa text[] not null, ab int4range not null, ac tstzrange not null,
          ad char(3) not null, ae varchar(2) not null unique, af "char" not null, ag email not null unique, ah xml, ai tsvector not null, aj point not null,
          ${multirange} al oid not null, am int[] not null unique, an macaddr8 not null, ao text generated always as (ad || ae) stored);
        create table numbered (id int generated always as identity primary key, again int generated by default as identity, serial_no serial, label text unique check (length(label) between 3 and 30));
        create table shaped (code text primary key check (code ~ '^[A-Z]{3}-[0-9]{4}$'), kind text not null check (kind in ('x', 'y')), low int not null, high int not null check (high > low));
        create table only_references (parent smallint not null references everything, child int not null references numbered, primary key (parent, child));
        create table lead (id int primary key, deputy int);
        create table deputy (id int primary key, lead int not null references lead);
        alter table lead add foreign key (deputy) references deputy;
        create table bookings (id uuid primary key default gen_random_uuid(), room int not null, during tstzrange not null, exclude using gist (room with =, during with &&));
        insert into shaped values ('ABC-1234', 'y', 3, 9);
      `,
    })
    await using session = await convertTo(database, 'enforce')
    const { plan } = session
    const report = await verifyDatabase({ session, plan, phase: 'enforce' })
    expect(report.staticOnly).toEqual([])
    expect(report).toMatchObject({ ok: true, tables: { total: 7, proved: 7 } })
  })

  it('names a table for which no row can be made, with the reason of the server', async () => {
    await using database = await createOwnedDatabase({
      text: "create table picky (id int primary key, secret text not null check (md5(secret) = '0123456789abcdef0123456789abcdef'))",
    })
    await using session = await convertTo(database, 'contract')
    const { plan } = session
    const report = await verifyDatabase({ session, plan, phase: 'contract' })
    expect(report).toMatchObject({ ok: true, tables: { total: 1, proved: 0, staticOnly: 1 } })
    expect(report.staticOnly[0]?.reason).toContain('violates check constraint')
  })

  it('proves nothing about a table whose rows the application does not see itself', async () => {
    await using database = await createOwnedDatabase({
      text: 'create table hidden (id int primary key); create table half (id int primary key)',
    })
    await using session = await convertTo(database, 'contract')
    const { plan } = session
    await execute(database.ownerUrl, 'create policy nobody on hidden as restrictive using (false)')
    await execute(database.ownerUrl, `revoke delete on half from "${plan.settings.roles.app}"`)
    const report = await verifyDatabase({ session, plan, phase: 'contract' })
    expect(report.tables).toEqual({ total: 2, proved: 0, staticOnly: 1 })
    expect(report.staticOnly).toEqual([{ table: 'hidden', reason: expect.stringContaining('row-level security') }])
    expect(report.crossings).toEqual([
      { table: 'half', probe: 'catalog', detail: expect.stringContaining('privileges of') },
    ])
  })

  it('waits for no lock: a table in use is tried again, then named', async () => {
    await using database = await createOwnedDatabase({
      text: 'create table busy (id int primary key); create table idle (id int primary key)',
    })
    await using session = await convertTo(database, 'contract')
    const { plan } = session
    await using other = await openSession({ url: database.ownerUrl, applicationName: 'other' })
    await other.query('begin; lock table public.busy in share mode')
    const report = await verifyDatabase({ session, plan, phase: 'contract' })
    await other.query('rollback')
    expect(report).toMatchObject({ tables: { total: 2, proved: 1, staticOnly: 1 }, staticOnly: [{ table: 'busy' }] })
    expect(report.staticOnly[0]?.reason).toMatch(/55P03|57014/)
    expect(await verifyDatabase({ session, plan, phase: 'contract' })).toMatchObject({ tables: { proved: 2 } })
  })

  it('goes on in another transaction when the budget of one is used up', async () => {
    await using database = await createOwnedDatabase(samples.chinook)
    await using session = await convertTo(database, 'contract')
    const { plan } = session
    const once = await verifyDatabase({ session, plan, phase: 'contract' })
    const often = await verifyDatabase({ session, plan, phase: 'contract', transactionBudgetMs: 0 })
    expect(often).toMatchObject({ ok: true, tables: once.tables, probes: once.probes })
  })

  it('names a login that is no member of the role of the application', async () => {
    await using database = await createOwnedDatabase({ text: 'create table t (id int primary key)' })
    await using session = await convertTo(database, 'contract')
    const { plan } = session
    const stranger = await database.login()
    await execute(database.ownerUrl, `grant select, insert, update, delete on t to ${stranger.role}`)
    const report = await verifyDatabase({ session, plan, phase: 'contract', appUrl: stranger.url })
    expect(report.ok).toBe(false)
    expect(report.crossings).toContainEqual({
      table: stranger.role,
      probe: 'role-member',
      detail: expect.stringContaining('is no member of'),
    })
  })

  it('proves a hundred tables that hang on each other', async () => {
    const tables = Array.from(
      { length: 100 },
      (_, at) =>
        `create table t${at} (id text primary key, parent text${at === 0 ? '' : ` references t${Math.floor((at - 1) / 3)}`}, slug text not null unique);`,
    )
    await using database = await createOwnedDatabase({ text: tables.join('\n') })
    await using session = await convertTo(database, 'contract')
    const { plan } = session
    const report = await verifyDatabase({ session, plan, phase: 'contract' })
    expect(report).toMatchObject({ ok: true, tables: { total: 100, proved: 100 } })
  })
})
