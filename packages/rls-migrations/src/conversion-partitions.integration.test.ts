import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, execute, query, type OwnedDatabase } from '../test/owned-database.ts'
import { hazardsOf, roundTrip } from '../test/round-trip.ts'
import { applyPlan } from './apply/apply-plan.ts'
import { compareSnapshots, readSchemaSnapshot } from './catalog/schema-snapshot.ts'
import { readConversion, readIncrement } from './conversion.ts'
import { findDrift } from './drift/find-drift.ts'
import type { Increment } from './plan/increment.ts'
import type { Plan } from './plan/plan.ts'
import type { Step } from './plan/step.ts'
import { rollbackPlan } from './rollback/rollback-plan.ts'
import { verifyDatabase } from './verify/verify-database.ts'

const A = '11111111-1111-4111-8111-111111111111'
const B = '22222222-2222-4222-8222-222222222222'
const as = (organization: string, statement: string): string =>
  `begin; set local app.current_tenant_id = '${organization}'; ${statement}`

const everyKind =
  `
  create schema archive;
  create table devices (id bigint generated always as identity primary key, name text not null);
  create table kinds (code text primary key);
  create table events (
    id bigint generated always as identity, device bigint not null references devices on delete cascade, kind text references kinds on update cascade,
    at timestamptz not null, payload jsonb not null default '{}', primary key (id, at)
  ) partition by range (at);
  create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
  create table archive.events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
  create table events_rest partition of events default;
  create index on events (device, at desc);
  create index events_payload on events using gin (payload);
  create index events_2025_only on events_2025 (kind);
  create table notes (id serial primary key, event bigint, event_at timestamptz, note text, foreign key (event, event_at) references events (id, at) on delete cascade);

  create table readings (device bigint references devices, region text not null, slot int not null, value numeric, code text, primary key (device, region, slot) include (value), constraint readings_code unique (code, region, slot))
    partition by list (region);
  comment on constraint readings_pkey on readings is 'the key of readings';
  create table readings_eu partition of readings for values in ('nl', 'de') partition by hash (slot);
  create table readings_eu_0 partition of readings_eu for values with (modulus 2, remainder 0);
  create table readings_eu_1 partition of readings_eu for values with (modulus 2, remainder 1);
  create table readings_us partition of readings for values in ('us');
  create unique index readings_lower on readings (lower(code), region, slot) where value is not null;
  comment on index readings_us_pkey is 'the key of one partition';
  create table reading_tags (device bigint, region text, slot int, tag text, primary key (device, region, slot, tag), foreign key (device, region, slot) references readings on update cascade on delete cascade);

  create table metrics (name text not null, at date not null, value int, primary key (name, at)) partition by range (at);
  create table metrics_1 partition of metrics for values from (minvalue) to ('2026-01-01');
  create table metrics_2 partition of metrics for values from ('2026-01-01') to (maxvalue);
  alter table metrics_2 add column extra int; `.replace(/\n[^\n]*add column extra int; $/, '') +
  `

  create table people (id serial primary key, name text not null, email text unique);
  create table members (joined date not null default current_date, constraint members_email unique (email), primary key (id)) inherits (people);
  create table guests (until date) inherits (people);
  create table honoured (title text) inherits (members, guests);
  create index guests_until on guests (until);

  insert into devices (name) values ('d1'), ('d2');
  insert into kinds values ('k');
  insert into events (device, kind, at) select 1 + n % 2, 'k', timestamptz '2024-06-01' + n * interval '40 days' from generate_series(0, 30) n;
  insert into notes (event, event_at, note) select id, at, 'n' from events;
  insert into readings select 1, r, n, n, r || n from unnest(array['nl', 'de', 'us']) r, generate_series(1, 10) n;
  insert into reading_tags select device, region, slot, 'tag' from readings;
  insert into metrics values ('m', '2025-05-05', 1), ('m', '2026-05-05', 1);
  insert into people (name, email) values ('p', 'p@example.com');
  insert into members (name, email) values ('m', 'm@example.com');
  insert into guests (name, email) values ('g', 'g@example.com');
  insert into honoured (name, email) values ('h', 'h@example.com');
  grant select on events to public;`

describe('partitioned and inherited tables', () => {
  it('of every kind are converted whole, and roll back to the very schema', async () => {
    await using database = await createOwnedDatabase({ text: everyKind })
    const plan = await roundTrip(database)
    expect(hazardsOf(plan, 'table-kind')).toEqual([])
    expect(plan.tables.skipped).toEqual([])
  })

  it('stand every attack, through the table and on each partition', async () => {
    await using database = await createOwnedDatabase({ text: everyKind })
    const { session, plan } = await convert(database, 'enforce')
    const app = await database.login([plan.settings.roles.app])
    const report = await verifyDatabase({ session, plan, phase: 'enforce', appUrl: app.url })
    expect(report.crossings).toEqual([])
    expect(report.staticOnly).toEqual([])
    await session.close()
  })

  it('show each organization its own rows, on whatever level they are asked', async () => {
    await using database = await createOwnedDatabase({ text: everyKind })
    const { session, plan } = await convert(database, 'enforce')
    await session.close()
    const app = await database.login([plan.settings.roles.app])
    for (const organization of [A, B]) {
      await execute(
        app.url,
        as(
          organization,
          `insert into metrics values ('m', '2025-05-05', 2);
           with d as (insert into devices (name) values ('x') returning id)
           insert into events (device, at) select id, timestamptz '2025-03-03' from d;
           insert into members (name, email) values ('m', 'm@example.com'); commit`,
        ),
      )
    }
    for (const table of ['metrics', 'metrics_1', 'events', 'events_2025', 'people', 'members'])
      expect(await query(app.url, as(A, `select count(*)::int as rows from ${table}`)), table).toEqual([{ rows: 1 }])
    await execute(app.url, as(A, "update events set at = '2024-03-03'; delete from people; commit"))
    expect(await query(app.url, as(A, 'select count(*)::int as rows from archive.events_2024'))).toEqual([{ rows: 1 }])
    expect(await query(app.url, as(B, 'select count(*)::int as rows from members'))).toEqual([{ rows: 1 }])
  })
})

describe('partitions', () => {
  const text = `
    create table metrics (name text not null, at date not null, value int, primary key (name, at)) partition by range (at);
    create table metrics_1 partition of metrics for values from ('2025-01-01') to ('2026-01-01');
    create table metrics_2 partition of metrics for values from ('2026-01-01') to ('2027-01-01');
    create unique index metrics_lower on metrics (lower(name), at);
    insert into metrics values ('m', '2025-05-05', 1), ('m', '2026-05-05', 1);`
  /** As a service rotates them: the oldest goes, a new one comes and is written to. */
  const rotate = async (database: OwnedDatabase, { settings }: Plan, oldest: number): Promise<void> => {
    const [newest, year] = [oldest + 2, 2026 + oldest]
    await execute(
      database.ownerUrl,
      `drop table metrics_${oldest}; create table metrics_${newest} partition of metrics for values from ('${year}-01-01') to ('${year + 1}-01-01')`,
    )
    const insert = `insert into metrics values ('m', '${year}-05-05', 1); commit`
    await execute(database.adminUrl, as(settings.defaultOrganization?.id as string, insert))
  }

  it('may come and go between any two phases, there and back', async () => {
    await using database = await createOwnedDatabase({ text })
    const { session, plan } = await convert(database, 'install')
    const before = await readSchemaSnapshot(session)
    for (const [at, to] of (['expand', 'contract', 'enforce'] as const).entries()) {
      await applyPlan({ session, plan, to })
      await rotate(database, plan, at + 1)
    }
    const [key] = await query(
      database.adminUrl,
      "select pg_get_constraintdef(oid) as key from pg_constraint where conrelid = 'metrics_5'::regclass and contype = 'p'",
    )
    expect(key).toEqual({ key: 'PRIMARY KEY (org_id, name, at)' })
    for (const [at, to] of (['contract', 'expand'] as const).entries()) {
      await rollbackPlan({ session, plan, to })
      await rotate(database, plan, at + 4)
    }
    await rollbackPlan({ session, plan, to: 'none' })
    const differences = compareSnapshots(before, await readSchemaSnapshot(session))
    expect(differences.filter((line) => !/metrics_\d/.test(line) && !line.includes('partywall'))).toEqual([])
    await session.close()
  })

  it('that come later are bound through their table, out of reach by themselves, and named', async () => {
    await using database = await createOwnedDatabase({ text })
    const { session, plan, config } = await convert(database, 'enforce')
    const app = await database.login([plan.settings.roles.app])
    await execute(
      database.adminUrl,
      `create table late partition of metrics for values from ('2027-01-01') to ('2028-01-01'); alter table late owner to ${database.owner}`,
    )
    for (const organization of [A, B])
      await execute(app.url, as(organization, "insert into metrics values ('m', '2027-01-01', 1); commit"))
    expect(await query(app.url, as(A, 'select count(*)::int as rows from metrics'))).toEqual([{ rows: 1 }])
    await expect(query(app.url, as(A, 'select * from late'))).rejects.toMatchObject({ code: '42501' })
    const drift = await findDrift(session, await readConversion(session, config), undefined)
    expect(drift).toMatchObject([{ id: 'unplanned-partition', severity: 'notice', object: 'late' }])
    expect((await verifyDatabase({ session, plan, phase: 'enforce' })).crossings).toEqual([])

    await execute(database.adminUrl, `grant select on late to ${plan.settings.roles.app}`)
    const open = await findDrift(session, await readConversion(session, config), undefined)
    expect(open).toMatchObject([{ id: 'unplanned-partition', severity: 'warning', object: 'late' }])
    const { crossings } = await verifyDatabase({ session, plan, phase: 'enforce' })
    expect(crossings).toMatchObject([{ table: 'late', probe: 'unplanned-table' }])

    const increment = (await readIncrement(session, await readConversion(session, config), config)) as Increment
    expect(increment.tables.map((table) => table.name)).toEqual(['late'])
    await applyPlan({ session, plan: increment.plan, to: 'enforce' })
    expect(await query(app.url, as(A, 'select count(*)::int as rows from late'))).toEqual([{ rows: 1 }])
    expect((await verifyDatabase({ session, plan: increment.plan, phase: 'enforce' })).crossings).toEqual([])
    await session.close()
  })

  it('are built one by one, and what a run that was cut off left is taken up', async () => {
    await using database = await createOwnedDatabase({ text })
    const { session, plan } = await convert(database, 'install')
    const step = plan.steps.find((one) => one.each !== undefined && one.mode === 'concurrent') as Step
    await applyPlan({ session, plan: { ...plan, steps: plan.steps.slice(0, plan.steps.indexOf(step)) }, to: 'expand' })
    await session.query(step.statements[0] as string)
    const { rows } = await session.query<{ statements: string[] }>(step.each as string)
    expect(rows.map((row) => row.statements.map(unquoted))).toEqual([step.statements.slice(1).map(unquoted)])
    await session.close()
  })
})

/** The server quotes a name only when it must. */
function unquoted(statement: string): string {
  return statement.replaceAll('"', '')
}

describe('tables of other kinds', () => {
  it('are refused with the reason, and out of reach', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    await database.admin(`
      create extension file_fdw; create server files foreign data wrapper file_fdw;
      create foreign table remote (a int) server files options (filename '/nothing');
      create table mixed (a int) partition by list (a); create table mixed_1 partition of mixed for values in (1);
      create foreign table mixed_2 partition of mixed for values in (2) server files options (filename '/nothing');
      grant select on remote, mixed, mixed_1, mixed_2 to public;
      alter foreign table remote owner to ${database.owner}; alter foreign table mixed_2 owner to ${database.owner};
      alter table mixed owner to ${database.owner}; alter table mixed_1 owner to ${database.owner}`)
    const { session, plan } = await convert(database, 'expand')
    await session.close()
    expect(hazardsOf(plan, 'table-kind')).toEqual(
      ['mixed', 'mixed_1', 'mixed_2', 'remote'].map((name) => `blocking table-kind: ${name}`),
    )
    const app = await database.login([plan.settings.roles.app])
    for (const table of ['remote', 'mixed', 'mixed_1', 'mixed_2'])
      await expect(query(app.url, as(A, `select * from ${table}`)), table).rejects.toMatchObject({ code: '42501' })
  })

  it('cannot be set apart from the table above them', async () => {
    await using database = await createOwnedDatabase({ text })
    await expect(convert(database, 'install', { tables: { skipped: ['metrics_1'] } })).rejects.toMatchObject({
      code: 'CLASSIFICATION_CONFLICT',
    })
  })
})

const text = `
  create table metrics (name text not null, at date not null, primary key (name, at)) partition by range (at);
  create table metrics_1 partition of metrics default`
