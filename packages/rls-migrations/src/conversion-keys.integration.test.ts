import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, execute, query } from '../test/owned-database.ts'
import { hazardsOf, roundTrip } from '../test/round-trip.ts'
import { applyPlan } from './apply/apply-plan.ts'
import type { OnProgress } from './apply/progress.ts'
import { compareSnapshots, readSchemaSnapshot } from './catalog/schema-snapshot.ts'
import { rollbackPlan } from './rollback/rollback-plan.ts'

describe('the last proof of a foreign key', () => {
  it('compares as the key itself does: citext without case, and by the collation of the referenced column', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    await database.admin('create extension citext')
    await execute(
      database.ownerUrl,
      `create table accounts (id serial primary key, email citext unique);
       create table logins (id serial primary key, email citext references accounts (email));
       insert into accounts (email) values ('someone@example.com');
       insert into logins (email) values ('Someone@example.com');
       create table codes (id serial primary key, code text collate "C" unique);
       create table uses (id serial primary key, code text collate "POSIX" references codes (code));
       insert into codes (code) values ('a');
       insert into uses (code) values ('a');`,
    )
    await roundTrip(database)
  })
})

describe('rollback to expand', () => {
  it('never leaves a widened primary key without its compound key, which ON CONFLICT of the new code names', async () => {
    await using database = await createOwnedDatabase({
      text: 'create table kinds (code text primary key); create table things (id serial primary key, kind text references kinds)',
    })
    const { session, plan } = await convert(database, 'contract')
    const app = await database.login([plan.settings.roles.app])
    const upsert = `begin; set local app.current_tenant_id = '${plan.settings.defaultOrganization?.id}'; insert into kinds (code) values ('a') on conflict (org_id, code) do nothing; commit`
    const seen = { isUndone: false }
    for (let cuts = 0; !seen.isUndone; cuts += 1) {
      let started = 0
      const cutOffAtSecond: OnProgress = (progress) => {
        if (progress.type !== 'started' || started++ !== 1) return
        seen.isUndone = !progress.operation.id.startsWith('undo/')
        throw new Error('cut off')
      }
      const run = rollbackPlan({ session, plan, to: 'expand', onProgress: cutOffAtSecond })
      await expect(run).rejects.toThrow('cut off')
      await execute(app.url, upsert)
      expect(cuts).toBeLessThan(50)
    }
    await applyPlan({ session, plan, to: 'expand' })
    await execute(app.url, upsert)
    await session.close()
  })

  it('puts back what hung on keys: INCLUDE, storage, comments, CLUSTER, statistics', async () => {
    await using database = await createOwnedDatabase({
      text: `
        create table k1 (code text, x int, constraint k1_pk primary key (code) include (x) with (fillfactor = 70));
        comment on constraint k1_pk on k1 is 'the key'; comment on index k1_pk is 'its index';
        create table k2 (code text primary key, u text unique); alter table k2 cluster on k2_pkey;
        comment on constraint k2_u_key on k2 is 'the unique';
        create table k3 (b text, c text); create unique index k3_lower on k3 (lower(b)); create unique index k3_c on k3 (c);
        alter index k3_lower alter column 1 set statistics 500; comment on index k3_lower is 'an index';
        alter table k3 cluster on k3_c;
        create table k4 (id serial primary key, code text references k2); comment on constraint k4_code_fkey on k4 is 'a reference';`,
    })
    await roundTrip(database)
  })
})

describe('keys', () => {
  it('stay when rows of a publication are told by them', async () => {
    await using database = await createOwnedDatabase({
      text: `
        create table k1 (code text primary key); alter table k1 replica identity using index k1_pkey;
        create table k2 (code text not null); create unique index k2_code on k2 (code); alter table k2 replica identity using index k2_code;`,
    })
    const plan = await roundTrip(database)
    expect(hazardsOf(plan, 'key-held', 'unique-held')).toEqual([
      'warning key-held: primary key k1_pkey on k1',
      'warning unique-held: unique k2_code on k2',
    ])
  })

  it('stay when a publication names their columns, so that published rows can be changed on', async () => {
    await using database = await createOwnedDatabase({
      text: "create table listed (code text primary key, size int, secret text); insert into listed values ('a', 1, 's')",
    })
    const [server] = await query<{ lists: boolean }>(
      database.ownerUrl,
      "select current_setting('server_version_num')::int >= 150000 as lists",
    )
    const lists = server?.lists === true
    await execute(
      database.ownerUrl,
      `create publication listed_columns for table listed ${lists ? '(code, size)' : ''}`,
    )
    const { session, plan } = await convert(database, 'enforce')
    await session.close()
    await execute(database.adminUrl, 'update listed set size = 2')
    expect(hazardsOf(plan, 'key-held')).toEqual(lists ? ['warning key-held: primary key listed_pkey on listed'] : [])
  })

  it('stay when a view or a rule names them, and serve foreign keys that name their columns in another order', async () => {
    await using database = await createOwnedDatabase({
      text: `
        create table k1 (code text primary key, size int);
        create view sizes as select code, size from k1 group by code;
        create table k2 (id serial primary key, u text, constraint k2_u unique (u));
        create rule put as on update to k2 do also insert into k2 (u) values ('updated') on conflict on constraint k2_u do nothing;
        create table k3 (a int, b int, unique (a, b));
        create table users (id serial primary key, email text unique, x int, y int, foreign key (y, x) references k3 (b, a));
        create table k4 (a int, b int, unique (a, b));
        create table k5 (id serial primary key, x int, y int, foreign key (y, x) references k4 (b, a));`,
    })
    const plan = await roundTrip(database)
    expect(hazardsOf(plan, 'key-held', 'unique-held')).toEqual([
      'warning key-held: primary key k1_pkey on k1',
      'warning unique-held: unique k2_u on k2',
      'warning unique-held: unique k3_a_b_key on k3',
    ])
    expect(plan.steps.filter((step) => step.kind === 'drop-unique').map((step) => step.table)).toEqual(['k4'])
  })

  it('get names that nothing has yet', async () => {
    await using database = await createOwnedDatabase({
      text: `
        create table item (line_id int primary key);
        create table item_line (id int primary key);
        create table t (id serial primary key, e text unique);
        create index t_e_key_tenant on t (e);
        create table t_org_id_idx ();
        create table u (id serial primary key, t int references t);
        alter table u add constraint u_t_fkey_tenant check (id > 0);`,
    })
    await roundTrip(database)
  })

  it('that cannot carry the tenant stay, and are told', async () => {
    const columns = Array.from({ length: 32 }, (_, at) => `c${at}`)
    await using database = await createOwnedDatabase({
      text: `
        create table wide (${columns.map((column) => `${column} int`).join(', ')}, constraint wide_key unique (${columns.join(', ')}));
        create index wide_index on wide (${columns.toReversed().join(', ')});
        create table late (code text primary key deferrable, unique_later text unique deferrable);
        create type pair as (id int, name text);
        create table typed of pair (primary key (id));`,
    })
    const plan = await roundTrip(database)
    expect(hazardsOf(plan, 'key-width', 'index-width', 'deferrable-key', 'generated-key', 'table-kind')).toEqual([
      'warning deferrable-key: primary key late_pkey on late',
      'notice index-width: index wide_index on wide',
      'blocking key-width: unique wide_key on wide',
      'blocking table-kind: typed',
    ])
  })

  it('with a period, and references that are not enforced, stay and are told', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    await database.admin('create extension btree_gist')
    const [version] = await query<{ version: number }>(
      database.ownerUrl,
      "select current_setting('server_version_num')::int as version",
    )
    const newest = (version?.version ?? 0) >= 180000
    await execute(
      database.ownerUrl,
      `create table bookings (id int, during daterange${newest ? ', primary key (id, during without overlaps)' : ''});
       create table rooms (id serial primary key);
       create table guests (id int, during daterange, room int);
       ${newest ? 'alter table guests add foreign key (id, period during) references bookings (id, period during), add foreign key (room) references rooms not enforced' : ''}`,
    )
    const plan = await roundTrip(database)
    expect(hazardsOf(plan, 'temporal-key', 'not-enforced')).toEqual(
      newest
        ? [
            'warning temporal-key: primary key bookings_pkey on bookings',
            'warning temporal-key: foreign key guests_id_during_fkey on guests',
            'warning not-enforced: foreign key guests_room_fkey on guests',
          ]
        : [],
    )
  })

  it('that stand beside their counterparts from expand to contract are told, for ON CONFLICT', async () => {
    await using database = await createOwnedDatabase({
      text: 'create table a (code text primary key, name text unique); create table b (id serial primary key)',
    })
    const { session, plan } = await convert(database, 'expand')
    await session.close()
    expect(hazardsOf(plan, 'upsert-race')).toEqual([
      'notice upsert-race: unique a_pkey on a',
      'notice upsert-race: unique a_name_key on a',
    ])
  })
})

describe('contract', () => {
  it.each([
    [
      'a foreign key',
      'create table late (id serial primary key, u text references t (u))',
      'foreign key|table constraint late_u_fkey',
    ],
    ['a view', 'create view late as select code, u, count(*) from t group by code', 'view public.late'],
    [
      'a rule',
      "create rule late as on update to other do also insert into t (code) values ('x') on conflict on constraint t_u_key do nothing",
      'table public.other',
    ],
  ])('changes nothing when the host has put %s on an old key since', async (_what, statement, named) => {
    await using database = await createOwnedDatabase({
      text: 'create table t (code text primary key, u text unique); create table other ()',
    })
    const { session, plan } = await convert(database, 'expand')
    await execute(database.ownerUrl, statement)
    const before = await readSchemaSnapshot(session)
    await expect(applyPlan({ session, plan, to: 'contract' })).rejects.toMatchObject({
      code: 'STEP_FAILED',
      message: expect.stringMatching(new RegExp(named)),
    })
    expect(compareSnapshots(before, await readSchemaSnapshot(session))).toEqual([])
    await execute(
      database.ownerUrl,
      `drop ${/rule|table|view/.exec(statement)?.[0]} late${statement.includes('rule') ? ' on other' : ''}`,
    )
    await applyPlan({ session, plan, to: 'enforce' })
    await session.close()
  })
})
