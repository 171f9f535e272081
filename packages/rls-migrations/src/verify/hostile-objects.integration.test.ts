import { describe, expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase, execute, query } from '../../test/owned-database.ts'
import { verifyText } from '../cli/report-verify.ts'
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
} as const

const functions = {
  f_spins: 'perform count(*) from generate_series(1, 1000000000); return 1',
  f_raises: "raise exception 'no'",
  f_sleeps: 'perform pg_sleep(60); return 1',
  f_terminates: 'perform pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid(); return 1',
  f_hides: "execute 'select pg_no' || 'tify(''evil'', ''x'')'; return 1",
  f_writes: 'delete from public.victim; return 1',
  f_locks: 'perform pg_advisory_lock(1); return 1',
} as const

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
    })
    const surfaces = Object.fromEntries(report.surfaces.staticOnly.map(({ surface, reason }) => [surface, reason]))
    expect(surfaces).toEqual({
      'function f_spins()': 'it takes longer than 200 ms',
      'function f_sleeps()': 'it mentions pg_sleep',
      'function f_terminates()': 'it mentions pg_terminate_backend',
      'function f_hides()': 'it puts statements together as it runs',
      'function f_locks()': 'it mentions pg_advisory_lock',
      'function f_writes()': 'it writes',
      'view slow': 'it takes longer than 200 ms',
    })
    expect(await query(database.adminUrl, 'select id from victim')).toEqual([{ id: 1 }])
    expect(report.tables).toMatchObject({ total: Object.keys(triggers).length + 2, proved: 2 })
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
