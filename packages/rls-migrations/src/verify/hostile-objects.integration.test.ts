import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase, execute, query } from '../../test/owned-database.ts'
import { verifyText } from '../cli/report-verify.ts'
import { openSession } from '../database/session.ts'
import { verifyDatabase } from './verify-database.ts'

const evil = 'x"; drop table "victim"; --\n\u001b[2J\u202e'
const quoted = `"${evil.replaceAll('"', '""')}"`

const triggers = {
  raises: "raise exception 'no'",
  sleeps: 'perform pg_sleep(60)',
  spins: 'perform count(*) from generate_series(1, 1000000000)',
  notifies: "perform pg_notify('evil', 'x')",
  drops: 'drop table victim',
  terminates: 'perform pg_terminate_backend(pid) from pg_stat_activity',
  hides: "execute 'drop ' || 'table victim'",
  ends: "execute 'commit'",
  copies: "copy (select 1) to program 'touch /tmp/partywall-evil'",
  exports: "perform lo_export(1, '/tmp/partywall-evil')",
  dials: "perform dblink('dbname=postgres', 'drop table victim')",
  locks: 'perform pg_advisory_xact_lock(1)',
  enters: "perform set_config('app.current_tenant_id', gen_random_uuid()::text, true)",
  resets: 'reset role',
} as const

const functions = {
  f_spins: 'perform count(*) from generate_series(1, 1000000000); return 1',
  f_raises: "raise exception 'no'",
  f_sleeps: 'perform pg_sleep(60); return 1',
  f_terminates: 'perform pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid(); return 1',
  f_hides: "execute 'select pg_no' || 'tify(''evil'', ''x'')'; return 1",
  f_writes: 'delete from public.victim; return 1',
  f_locks: 'perform pg_advisory_lock(1); return 1',
  f_copies: "copy (select 1) to program 'touch /tmp/partywall-evil'; return 1",
  f_exports: "perform lo_export(1, '/tmp/partywall-evil'); return 1",
  f_dials: "perform dblink('dbname=postgres', 'drop table victim'); return 1",
  f_operates: 'return case when 1 =~= 2 then 1 end',
} as const

/** Every way in which a value of a row sets a function off that is no trigger. */
const unseen = `
  create function shout(given anyelement) returns boolean language plpgsql as $evil$ begin perform pg_notify('evil', 'x'); return true; end $evil$;
  create function shout(one int, other int) returns boolean language plpgsql as $evil$ begin perform pg_notify('evil', 'x'); return true; end $evil$;
  create operator =~= (function = shout, leftarg = int, rightarg = int);
  create domain loud as int check (shout(value));
  create domain louder as loud;
  create type pair as (one louder, other int);
  create table by_domain (id int primary key, n louder);
  create table by_array (id int primary key, n loud[]);
  create table by_composite (id int primary key, n pair);
  create table by_operator (id int primary key, check (id =~= 1));
  create table by_default (id int primary key, n boolean not null default shout(1))`

/** What a search path that names pg_catalog second puts in front of it. */
const shadows = `
  create schema shadows;
  create sequence shadows.called;
  create function shadows.note() returns void language plpgsql as $evil$ begin perform pg_catalog.nextval('shadows.called'); end $evil$;
  create function shadows.set_config(text, text, boolean) returns text language sql as 'select shadows.note(); select ''''::text';
  create function shadows.current_setting(text, boolean) returns text language sql as 'select shadows.note(); select ''''::text';
  create function shadows.md5(text) returns text language sql as 'select shadows.note(); select ''''::text';
  create function shadows.same(varchar, varchar) returns boolean language sql as 'select shadows.note(); select true';
  create operator shadows.= (function = shadows.same, leftarg = varchar, rightarg = varchar);
  create function shadows.add(bigint) returns bigint language sql as 'select shadows.note(); select 0::bigint';
  create aggregate shadows.count(*) (sfunc = shadows.add, stype = bigint, initcond = '0');
  create function shadows.refuse(given text) returns boolean language sql as 'select shadows.note(); select true';
  create domain shadows.text as pg_catalog.text check (shadows.refuse(value));
  grant usage on schema shadows to public; grant usage on sequence shadows.called to public`

describe('verify among hostile objects', () => {
  it('names what it did not set off, stays within its time, and changes nothing', async () => {
    await using database = await createOwnedDatabase({
      text: [
        'create table victim (id int primary key); insert into victim values (1)',
        `create table ${quoted} (${quoted} int primary key)`,
        ...Object.entries(triggers).map(
          ([name, body]) => `create table ${name} (id int primary key);
            create function t_${name}() returns trigger language plpgsql as $evil$ begin ${body}; return new; end $evil$;
            create trigger react before insert on ${name} for each row execute function t_${name}()`,
        ),
        ...Object.entries(functions).map(
          ([name, body]) =>
            `create function ${name}() returns int language plpgsql ${name === 'f_writes' ? 'volatile' : 'stable'} as $evil$ begin ${body}; end $evil$`,
        ),
        `create function ${quoted}(${quoted} int) returns int language sql as 'select 1'`,
        `create function "evil
name"() returns int language sql as 'select 1'`,
        unseen,
        `create view slow as select count(*) from generate_series(1, 1000000000)`,
      ].join(';\n'),
    })
    const { session, plan } = await convertWhole(database, 'contract')
    await using _session = session
    await database.admin(`grant select on slow to "${plan.settings.roles.app}"`)
    const report = await verifyDatabase({ session, plan, phase: 'contract' })
    expect(report.crossings).toEqual([])
    const reasons = Object.fromEntries(report.staticOnly.map(({ table, reason }) => [table, reason]))
    expect(reasons).toEqual({
      raises: expect.stringContaining('P0001'),
      sleeps: expect.stringContaining('mentions pg_sleep'),
      spins: expect.stringContaining('57014'),
      notifies: expect.stringContaining('mentions pg_notify'),
      drops: expect.stringContaining('mentions drop'),
      terminates: expect.stringContaining('mentions pg_terminate_backend'),
      hides: expect.stringContaining('puts statements together as it runs'),
      ends: expect.any(String),
      copies: expect.stringContaining('mentions copy'),
      exports: expect.stringContaining('mentions lo_export'),
      dials: expect.stringContaining('mentions dblink'),
      locks: expect.stringContaining('mentions pg_advisory_xact_lock'),
      enters: expect.stringContaining('42501'),
      resets: expect.stringContaining('mentions reset'),
      by_domain: 'the domain by_domain.loud runs shout, which mentions pg_notify',
      by_array: 'the domain by_array.loud runs shout, which mentions pg_notify',
      by_composite: 'the domain by_composite.loud runs shout, which mentions pg_notify',
      by_operator: 'the check by_operator.by_operator_id_check runs shout, which mentions pg_notify',
    })
    const surfaces = Object.fromEntries(report.surfaces.staticOnly.map(({ surface, reason }) => [surface, reason]))
    expect(surfaces).toEqual({
      'function f_spins()': 'it takes longer than 200 ms',
      'function f_sleeps()': 'it mentions pg_sleep',
      'function f_terminates()': 'it mentions pg_terminate_backend',
      'function f_hides()': 'it puts statements together as it runs',
      'function f_locks()': 'it mentions pg_advisory_lock',
      'function f_writes()': 'it writes',
      'function f_copies()': 'it mentions copy',
      'function f_exports()': 'it mentions lo_export',
      'function f_dials()': 'it mentions dblink',
      'function f_operates()': 'it runs shout, which mentions pg_notify',
      'function shout(given anyelement)': expect.any(String),
      'function shout(one integer, other integer)': 'it mentions pg_notify',
      'view slow': 'it takes longer than 200 ms',
    })
    expect(await query(database.adminUrl, 'select id from victim')).toEqual([{ id: 1 }])
    expect(report.tables).toMatchObject({ total: Object.keys(triggers).length + 7, proved: 3 })
    expect(report.durationMs).toBeLessThan(30_000)
    expect(existsSync('/tmp/partywall-evil')).toBe(false)
  })

  it('calls nothing that a search path puts in front of the server', async () => {
    await using database = await createOwnedDatabase({
      text: `create table notes (id uuid primary key, code varchar(9) not null unique, body text not null);
        create table lines (note uuid not null references notes, line text, primary key (note, line));
        create view short as select id, code from notes; ${shadows}`,
    })
    const { session, plan } = await convertWhole(database, 'enforce')
    await using _session = session
    await database.admin(`alter database "${database.name}" set search_path = shadows, pg_catalog, public`)
    const login = await database.login([plan.settings.roles.app])
    // The control: whoever names no schema calls it.
    expect(await query(login.url, "select set_config('a.b', 'c', true) as it")).toEqual([{ it: '' }])
    const [before] = await query(database.adminUrl, 'select last_value, is_called from shadows.called')
    await using restarted = await openSession({ url: database.ownerUrl, applicationName: 'verify' })
    for (const appUrl of [undefined, login.url]) {
      const report = await verifyDatabase({ session: restarted, plan, phase: 'enforce', appUrl })
      expect({ crossings: report.crossings, staticOnly: report.staticOnly }).toEqual({ crossings: [], staticOnly: [] })
    }
    expect(await query(database.adminUrl, 'select last_value, is_called from shadows.called')).toEqual([before])
  })

  it('reports a trigger that leaves another context behind, whatever sets it off', async () => {
    const writes = ['insert', 'update', 'delete']
    await using database = await createOwnedDatabase({
      text: writes.map((write) => `create table on_${write} (id int primary key)`).join(';\n'),
    })
    const { session, plan } = await convertWhole(database, 'contract')
    await using _session = session
    await execute(
      database.ownerUrl,
      `create function hop() returns trigger language plpgsql as $evil$ begin perform set_config('${plan.settings.setting}', gen_random_uuid()::text, true); return null; end $evil$;
       ${writes.map((write) => `create trigger hop after ${write} on on_${write} for each row execute function hop()`).join(';\n')}`,
    )
    const { crossings } = await verifyDatabase({ session, plan, phase: 'contract' })
    const found = crossings.map(({ table, probe }) => `${table} ${probe}`)
    expect(found).toEqual(expect.arrayContaining(writes.map((write) => `on_${write} kept-context`)))
  })

  it('shows no control character of a name to the terminal', async () => {
    await using database = await createOwnedDatabase({ text: `create table ${quoted} (id int primary key)` })
    const { session, plan } = await convertWhole(database, 'contract')
    await using _session = session
    await execute(database.ownerUrl, `alter table ${quoted} disable row level security`)
    const text = verifyText(await verifyDatabase({ session, plan, phase: 'contract' }))
    expect(text).toContain('\\u{1b}[2J\\u{202e}')
    expect(text).not.toContain('\u001b')
    expect(text).not.toContain('\u202e')
  })
})
