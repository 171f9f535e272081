import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { createAppLogin, type PostgresServer } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'
import { Client, type QueryResultRow } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadDump, type DumpReport, type DumpSource } from './load-dump.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

/** An empty database of its own, owned by a login that is no superuser. */
interface Target extends AsyncDisposable {
  readonly adminUrl: string
  readonly ownerUrl: string
  readonly owner: string
  load(source: DumpSource | string): Promise<DumpReport>
  rows(sql: string): Promise<QueryResultRow[]>
}

let server: PostgresServer
let directory: string

async function target(): Promise<Target> {
  const login = await createAppLogin(server.url())
  const database = await server.createDatabase({ owner: login.role })
  const adminUrl = database.url()
  const ownerUrl = database.url({ user: login.role, password: decodeURIComponent(new URL(login.url).password) })
  const admin = new Client({ connectionString: adminUrl })
  await admin.connect()
  return {
    adminUrl,
    ownerUrl,
    owner: login.role,
    load: (source) => loadDump(typeof source === 'string' ? { text: source } : source, { ownerUrl, adminUrl }),
    rows: async (sql) => (await admin.query<QueryResultRow>(sql)).rows,
    [Symbol.asyncDispose]: async () => {
      await admin.end()
      await database.drop()
      await login.drop()
    },
  }
}

const note = (report: DumpReport, code: string): DumpReport['notes'][number] | undefined =>
  report.notes.find((one) => one.code === code)
const failure = (code: string, message = ''): Error =>
  expect.objectContaining({ code, message: expect.stringContaining(message) }) as Error

const CONTENT = `
  select jsonb_build_object(
    'customers', (select jsonb_agg(c order by id) from public.customers c),
    'lines', (select jsonb_agg(l order by id) from "Sales; Desk"."Order ""Lines""" l),
    'events', (select jsonb_agg(e order by payload) from public.events e),
    'totals', (select jsonb_agg(t order by customer_id) from public.totals t),
    'large', convert_from(lo_get(4242), 'UTF8')) as content`

beforeAll(async () => {
  server = await testServer()
  directory = await mkdtemp(join(tmpdir(), 'dump-'))
})

afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
  // Roles belong to the server, which may outlive the test.
  await using database = await target()
  await database.rows('drop role if exists "Dump App", dump_reporting, dump_owner')
})

describe('loadDump of genuine pg_dump output', () => {
  it('loads schema and rows, everything owned by the loading owner', async () => {
    await using database = await target()
    const progress: [number, number][] = []
    const { ownerUrl, adminUrl } = database
    const report = await loadDump(
      { path: fixture('pg-dump-15.sql') },
      { ownerUrl, adminUrl, onProgress: (...bytes) => progress.push(bytes) },
    )
    expect(report).toMatchObject({ copiedRows: 11, tables: 5 })
    const size = (await readFile(fixture('pg-dump-15.sql'))).length
    expect(progress.at(-1)).toEqual([size, size])

    const [row] = await database.rows(CONTENT)
    expect(row?.['content']).toMatchObject({
      customers: [
        {
          name: "José; 'quoted'",
          note: 'line one\nline two\twith tab \\ backslash',
          photo: '\\xdeadbeef00',
          tags: ['a', 'b;c'],
        },
        { name: 'Zoë', email: null, note: '\\.' },
        { name: '', note: null, tags: null },
      ],
      events: [{ payload: { i: 1, s: 'a\nb;' } }, { payload: { i: 2 } }, { payload: { i: 3 } }],
      large: 'hello',
    })
    const owners = await database.rows(
      `select distinct pg_get_userbyid(relowner)::text as owner from pg_class where relnamespace = 'public'::regnamespace`,
    )
    expect(owners).toEqual([{ owner: database.owner }])
  })

  it('keeps functions, rules, policies and comments as they were', async () => {
    await using database = await target()
    await database.load({ path: fixture('pg-dump-15.sql') })
    const rows = await database.rows(`
      select public.add_totals(null, 2)::int as atomic,
        (select count(*)::int from pg_rules where rulename = 'log_delete' and definition like '%NOTIFY%') as rules,
        (select obj_description('public.touch()'::regprocedure)) as comment,
        (select obj_description('public.customers'::regclass)) as lines,
        (select array_agg(r::text order by r) from pg_policies p, unnest(p.roles) r) as policy_roles,
        (select array_agg(grantee::text order by grantee) from information_schema.role_table_grants
          where table_name = 'customers' and privilege_type = 'SELECT' and grantee like '%ump%') as readers,
        (select nextval('public.customers_id_seq')::int) as next`)
    expect(rows).toEqual([
      {
        atomic: 2,
        rules: 1,
        comment: '$$ not a dollar quote $$',
        lines: "it's a comment; -- not /* really */\nsecond line",
        policy_roles: ['Dump App', 'dump_reporting'],
        readers: ['Dump App', 'dump_reporting'],
        next: 4,
      },
    ])
  })

  it.each(['pg-dump-15-latin1.sql', 'pg-dump-15-create.sql', 'pg-dump-15-inserts.sql'])(
    'gives the same content from %s',
    async (name) => {
      await using first = await target()
      await using second = await target()
      await first.load({ path: fixture('pg-dump-15.sql') })
      await second.load({ path: fixture(name) })
      expect(await second.rows(CONTENT)).toEqual(await first.rows(CONTENT))
    },
  )

  it('reads gzip', async () => {
    await using database = await target()
    const path = join(directory, 'dump.sql.gz')
    await writeFile(path, gzipSync(await readFile(fixture('pg-dump-15.sql'))))
    expect(await database.load({ path })).toMatchObject({ copiedRows: 11 })
    await writeFile(path, gzipSync(await readFile(fixture('pg-dump-15.sql'))).subarray(0, 2000))
    await using other = await target()
    await expect(other.load({ path })).rejects.toEqual(failure('DUMP_UNREADABLE', 'dump.sql.gz'))
  })

  it('says what it left out, and what the administrator did', async () => {
    await using database = await target()
    const report = await database.load({ path: fixture('pg-dump-15-create.sql') })
    expect(note(report, 'owner-not-applied')).toMatchObject({ count: 21, names: ['dump_owner', 'postgres'] })
    expect(note(report, 'database-skipped')?.count).toBe(6)
    expect(note(report, 'psql-command-skipped')?.names).toEqual(['\\restrict', '\\unrestrict', '\\connect'])
    expect(note(report, 'ran-as-administrator')?.names).toContain('postgres_fdw')
    expect(note(report, 'foreign-access-skipped')?.count).toBe(1)
    expect(JSON.stringify(report.notes)).not.toContain('password')
    const rows = await database.rows(`select evtname::text, evtenabled::text from pg_event_trigger`)
    expect(rows).toEqual([{ evtname: 'guard_ddl', evtenabled: 'D' }])
  })

  it("notes grants on what is not the owner's, which the server refuses with a warning", async () => {
    await using database = await target()
    const report = await database.load(
      'grant select on pg_catalog.pg_class to public; grant select on pg_catalog.pg_authid to public;',
    )
    expect(note(report, 'privilege-skipped')?.count).toBe(2)
    expect(
      await database.rows(`select 1 from pg_class where relname = 'pg_authid' and relacl::text like '%,=r%'`),
    ).toEqual([])
  })

  it('loads without an administrator what the owner may load', async () => {
    await using database = await target()
    const report = await loadDump({ path: fixture('pg-dump-15.sql') }, { ownerUrl: database.ownerUrl })
    expect(report).toMatchObject({ copiedRows: 11, tables: 5 })
    expect(note(report, 'administrator-needed')?.count).toBe(3)
  })

  it('loads preambles of versions 10 to 18', async () => {
    await using database = await target()
    const report = await database.load(`
      SET statement_timeout = 0;
      SET transaction_timeout = 0;
      SET client_encoding = 'UTF8';
      SELECT pg_catalog.set_config('search_path', '', false);
      SET default_with_oids = true;
      SET a_setting_of_version_19 = 0;
      CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;
      COMMENT ON EXTENSION plpgsql IS 'PL/pgSQL procedural language';
      SET default_tablespace = '';
      SET default_table_access_method = heap;
      CREATE SCHEMA public;
      CREATE TABLE public.t (a integer);`)
    expect(report.tables).toBe(1)
    expect(note(report, 'setting-skipped')?.names).toContain('a_setting_of_version_19')
    expect(note(report, 'schema-exists')?.names).toEqual(['public'])
  })
})

describe('loadDump of roles', () => {
  const role = `Dump "${randomBytes(6).toString('hex')}`
  const quoted = `"${role.replaceAll('"', '""')}"`
  const dump = `create table t (a int); grant select on t to ${quoted}; create policy p on t to ${quoted} using (true);`

  afterAll(async () => {
    await using database = await target()
    await database.rows(`drop role if exists ${quoted}`)
  })

  it('leaves statements out whose role does not exist, without an administrator', async () => {
    await using database = await target()
    const report = await loadDump({ text: dump }, { ownerUrl: database.ownerUrl })
    expect(note(report, 'role-missing')).toMatchObject({ count: 2, names: [role] })
  })

  it('creates the role without login, with one', async () => {
    await using database = await target()
    const report = await database.load(dump)
    expect(note(report, 'role-created')?.names).toEqual([role])
    const rows = await database.rows(
      `select rolcanlogin, rolsuper, has_table_privilege(oid, 't', 'select') as reads from pg_roles where rolname = '${role}'`,
    )
    expect(rows).toEqual([{ rolcanlogin: false, rolsuper: false, reads: true }])
  })

  it('grants no membership that gives more than the owner has', async () => {
    await using database = await target()
    const [admin] = await database.rows('select current_user::text as name')
    const report = await database.load(
      `grant pg_execute_server_program to ${database.owner}; grant "${String(admin?.['name'])}" to ${quoted}; grant ${quoted} to ${database.owner};`,
    )
    expect(note(report, 'role-definition-skipped')?.count).toBe(3)
    const rows = await database.rows(
      `select 1 from pg_auth_members where pg_get_userbyid(member) in ('${database.owner}', '${role}')`,
    )
    expect(rows).toEqual([])
  })
})

describe('loadDump of plain SQL', () => {
  it('loads scripts that create and connect to their database', async () => {
    await using database = await target()
    const report = await database.load(
      `DROP DATABASE IF EXISTS chinook;\nCREATE DATABASE chinook;\n\\c chinook;\ncreate table t (a int);\ninsert into t values (1);\ninsert into t values (2)`,
    )
    expect(report).toMatchObject({ tables: 1, statements: 3 })
    expect(await database.rows('select sum(a)::int from t')).toEqual([{ sum: 3 }])
  })

  it('sends thousands of INSERT statements in few round trips, inside a transaction as well', async () => {
    await using database = await target()
    const inserts = Array.from({ length: 20_000 }, (_, i) => `insert into t values (${i}, 'a;''b') -- row`).join('\n;')
    const report = await database.load(`begin; create table t (a int primary key, b text);\n${inserts}\n;commit;`)
    expect(report.durationMs).toBeLessThan(3000)
    expect(await database.rows('select count(*)::int from t')).toEqual([{ count: 20_000 }])
  })

  it('follows standard_conforming_strings', async () => {
    await using database = await target()
    await database.load(
      `create table t (a text); set standard_conforming_strings = off; insert into t values ('a\\';b'); insert into t values ('c')`,
    )
    expect(await database.rows('select a from t order by a')).toEqual([{ a: "a';b" }, { a: 'c' }])
  })

  it('reads Latin 1 that says nothing of it, and notes that', async () => {
    await using database = await target()
    const path = join(directory, 'latin1.sql')
    await writeFile(path, Buffer.from("create table t (a text); insert into t values ('José');", 'latin1'))
    const report = await database.load({ path })
    expect(note(report, 'encoding-assumed')?.count).toBe(1)
    expect(await database.rows('select a from t')).toEqual([{ a: 'José' }])
  })

  it('streams COPY data of many chunks', async () => {
    await using database = await target()
    const lines = Array.from({ length: 100_000 }, (_, i) => `${i}\tsome text that makes the line longer ${i}\n`).join(
      '',
    )
    const path = join(directory, 'copy.sql')
    await writeFile(path, `create table t (a int, b text);\ncopy t from stdin;\n${lines}\\.\ncreate index on t (a);\n`)
    expect(await database.load({ path })).toMatchObject({ copiedRows: 100_000 })
  })
})

describe('loadDump refusals', () => {
  it.each([
    ['DUMP_UNSUPPORTED', 'Line 2 of the dump', 'select 1;\n\\! touch /tmp/x\n'],
    ['DUMP_UNSUPPORTED', 'Line 1 of the dump', "copy t from '/etc/passwd';"],
    [
      'DUMP_UNSUPPORTED',
      'several databases',
      '\\connect a\ncreate table t (a int);\n\\connect b\ncreate table u (a int);\n',
    ],
    ['DUMP_UNSUPPORTED', 'does not commit', 'begin; create table t (a int);'],
    ['DUMP_UNREADABLE', 'cut off', 'create table t (a int);\ncopy t from stdin;\n1\n'],
    ['DUMP_UNREADABLE', 'pg_restore -f dump.sql', 'PGDMP\u0001'],
    [
      'DUMP_FAILED',
      'Line 3 of the dump: PostgreSQL refused "select …" with 42703'.replace('…', 'missing'),
      '\n\nselect missing;',
    ],
    [
      'DUMP_FAILED',
      'Line 5 of the dump: PostgreSQL refused "copy t from stdin" with 22P02',
      'create table t (a int);\ncopy t from stdin;\n1\n2\nx\n\\.\n',
    ],
    [
      'DUMP_FAILED',
      'Line 3 of the dump: PostgreSQL refused "insert into t values …" with 23505',
      'create table t (a int primary key);\ninsert into t values (1);\ninsert into t values (1);\n',
    ],
    [
      'DUMP_FAILED',
      'Line 3',
      'begin; create table t (a int primary key);\ninsert into t values (1);\ninsert into t values (1);\ncommit;',
    ],
    ['DUMP_FAILED', '42P01', 'copy missing from stdin;\n1\n\\.\n'],
    ['DUMP_FAILED', '42501', "select pg_read_file('/etc/passwd');"],
  ])('raises %s: %s', async (code, message, text) => {
    await using database = await target()
    await expect(database.load(text)).rejects.toEqual(failure(code, message))
  })

  it('runs nothing on the machine', async () => {
    await using database = await target()
    await expect(database.load(`do $$ begin execute 'copy (select 1) to program ''true'''; end $$`)).rejects.toEqual(
      failure('DUMP_FAILED', '42501'),
    )
    await expect(database.load(`create function f() returns int language c as 'libc', 'system'`)).rejects.toEqual(
      failure('DUMP_FAILED', '42501'),
    )
  })

  it('gives the administrator one statement and no more', async () => {
    await using database = await target()
    const dump = `set standard_conforming_strings = off;
      create extension postgres_fdw;
      create server s foreign data wrapper postgres_fdw options (host 'a\\'); alter role "${database.owner}" superuser; --');`
    await expect(database.load(dump)).rejects.toEqual(failure('DUMP_FAILED', 'create server'))
    expect(await database.rows(`select rolsuper from pg_roles where rolname = '${database.owner}'`)).toEqual([
      { rolsuper: false },
    ])
  })

  it('leaves no event trigger enabled, whatever its name', async () => {
    await using database = await target()
    const trigger = (name: string): string =>
      `create event trigger ${name} on ddl_command_end execute function public.f();`
    await database.load(
      `create function public.f() returns event_trigger language plpgsql as $$ begin raise exception 'fired'; end $$;
      ${trigger('"on"')} ${trigger('exists')} ${trigger('/* a */ "If"')}`,
    )
    const rows = await database.rows(
      'select distinct evtenabled::text as enabled, count(*)::int from pg_event_trigger group by 1',
    )
    expect(rows).toEqual([{ enabled: 'D', count: 3 }])
  })

  it('runs no operator of the dump as the administrator', async () => {
    await using database = await target()
    const report = await database.load(`
      create function public.evil("char", "char") returns boolean language plpgsql as $$ begin raise exception 'ran'; end $$;
      create operator public.<> (leftarg = "char", rightarg = "char", function = public.evil);
      create function public.f() returns event_trigger language plpgsql as $$ begin end $$;
      set search_path = public, pg_catalog;
      create event trigger guard on ddl_command_end execute function public.f();`)
    expect(note(report, 'event-trigger-disabled')?.count).toBe(1)
  })

  it('refuses an owner through which the dump would reach the machine', async () => {
    await using database = await target()
    await expect(loadDump({ text: 'select 1' }, { ownerUrl: database.adminUrl })).rejects.toEqual(
      failure('DUMP_TARGET_PRIVILEGED'),
    )
  })

  it('names a file that is missing, a directory, and UTF-16', async () => {
    await using database = await target()
    await expect(database.load({ path: join(directory, 'missing.sql') })).rejects.toEqual(
      failure('DUMP_UNREADABLE', 'missing.sql'),
    )
    await expect(database.load({ path: directory })).rejects.toEqual(failure('DUMP_UNREADABLE', 'directory'))
    const path = join(directory, 'utf16.sql')
    await writeFile(path, Buffer.from('\uFEFFselect 1;', 'utf16le'))
    await expect(database.load({ path })).rejects.toEqual(failure('DUMP_UNREADABLE', 'UTF-16'))
  })
})
