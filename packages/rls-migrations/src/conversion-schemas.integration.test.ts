import { testServer } from '@partywall/testing/vitest'
import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, execute, query } from '../test/owned-database.ts'
import { hazardsOf, roundTrip } from '../test/round-trip.ts'
import { verifyDatabase } from './verify/verify-database.ts'

const A = '11111111-1111-4111-8111-111111111111'
const as = (organization: string, statement: string): string =>
  `begin; set local app.current_tenant_id = '${organization}'; ${statement}`
const refused = { code: '42501' }

describe('a conversion of some of the schemas', () => {
  const text = `
    create table t (id text primary key, n text);
    insert into t values ('1', 'of the default organization');
    create schema api;
    grant usage on schema api to public;
    create view api.v as select * from public.t;
    create view api.vv as select * from api.v;
    grant select, update on api.v, api.vv to public;
    create function api.f() returns setof public.t language sql security definer as 'select * from public.t';
    create table api.child (id serial primary key, t text references public.t);
    create table api.other (id serial primary key);
    create view api.apart as select * from api.other`

  it.each(['contract', 'enforce'] as const)('leaves no way around through the others at %s', async (phase) => {
    await using database = await createOwnedDatabase({ text })
    await using session = (await convert(database, 'expand', { schemas: ['public'] })).session
    const { plan, session: other } = await convert(database, phase, { schemas: ['public'] })
    await other.close()
    const app = await database.login([plan.settings.roles.app])
    for (const view of ['api.v', 'api.vv']) {
      expect(await query(app.url, as(A, `select * from ${view}`))).toEqual([])
      expect(await query(app.url, as(A, `update ${view} set n = 'changed' returning *`))).toEqual([])
    }
    await expect(query(app.url, as(A, 'select api.f()'))).rejects.toMatchObject(refused)
    await expect(query(app.url, as(A, 'select * from api.apart'))).rejects.toMatchObject(refused)
    const report = await verifyDatabase({ session, plan, phase, appUrl: app.url })
    expect(report.crossings).toEqual([])
  })

  it('holds the key that another schema references, and rolls back', async () => {
    await using database = await createOwnedDatabase({ text })
    const plan = await roundTrip(database, { schemas: ['public'] })
    expect(hazardsOf(plan, 'key-held')).toEqual(['warning key-held: primary key t_pkey on t'])
  })
})

describe('objects of other owners', () => {
  it('are named before the first step, with what a DBA must do', async () => {
    await using database = await createOwnedDatabase({ text: 'create table t (id int primary key, n text)' })
    await database.admin(`
      grant select on t to public;
      create view theirs as select * from public.t;
      create table foreigners (id serial primary key);
      create function peek() returns bigint language sql security definer as 'select count(*) from public.t'`)
    const { plan, session } = await convert(database, 'install')
    await session.close()
    expect(hazardsOf(plan, 'not-owned')).toEqual([
      'blocking not-owned: table foreigners',
      'blocking not-owned: view theirs',
      'blocking not-owned: function peek()',
    ])
    for (const { message } of plan.hazards.filter((hazard) => hazard.id === 'not-owned')) {
      await database.admin(message.replace(/^.*run: /, ''))
    }
    const { session: after, plan: again } = await convert(database, 'enforce')
    await after.close()
    expect(hazardsOf(again, 'not-owned')).toEqual([])
  })
})

describe('what reads with the columns of a table', () => {
  it('is named when expand breaks it', async () => {
    const { serverVersion } = await testServer()
    // Bodies that are parsed when they are made came with 14.
    const parsed =
      serverVersion >= 140000
        ? 'create function parsed() returns setof t language sql begin atomic select * from t; end;'
        : ''
    await using database = await createOwnedDatabase({
      text: `
        create table t (id int primary key, n text);
        create function named() returns setof t language sql as 'select id, n from t';
        create function starred() returns setof t language sql as 'select * from t';
        ${parsed}
        create function filled() returns t language plpgsql as $$ declare r t; begin r.id := 1; return r; end $$;
        create function queried() returns setof t language plpgsql as $$ begin return query select id, n from t; end $$`,
    })
    const { plan, session } = await convert(database, 'expand')
    await session.close()
    const broken: string[] = []
    for (const name of ['filled', 'named', ...(parsed === '' ? [] : ['parsed']), 'queried', 'starred']) {
      await execute(database.ownerUrl, `insert into t values (${name.length + name.charCodeAt(0)}, 'x')`)
      await execute(database.ownerUrl, `select * from ${name}()`).catch(() => broken.push(name))
    }
    expect(hazardsOf(plan, 'row-function')).toEqual(broken.map((name) => `warning row-function: function ${name}()`))
  })

  it('is named when a view refuses its readers, through other views and PUBLIC as well', async () => {
    await using database = await createOwnedDatabase({
      text: `
        create table t (id int primary key, a text);
        create view below as select * from t;
        create view above as select * from below;
        create view open as select * from t;
        create view fine as select * from t;
        grant select on open to public`,
    })
    const [reader, other] = [await database.login(), await database.login()]
    await execute(
      database.ownerUrl,
      `grant select on above to ${reader.role}; grant select on fine, t to ${other.role}; grant select on below to ${reader.role}`,
    )
    const { plan, session } = await convert(database, 'expand')
    await session.close()
    for (const view of ['above', 'below', 'open']) {
      await expect(execute(reader.url, `select * from ${view}`), view).rejects.toMatchObject(refused)
    }
    if (session.serverVersion < 150000) {
      // No view can run with the rights of its reader: all of them ask for a tenant.
      await expect(execute(other.url, 'select * from fine')).rejects.toMatchObject(refused)
      const named = ['above', 'below', 'fine', 'open'].map((view) => `warning view-tenant: ${view}`)
      expect(hazardsOf(plan, 'view-tenant').toSorted()).toEqual(named)
      return
    }
    await execute(other.url, 'select * from fine')
    expect(hazardsOf(plan, 'view-reader')).toEqual([
      'warning view-reader: above',
      'warning view-reader: below',
      'warning view-reader: open',
    ])
  })
})

describe('sequences that belong to no table', () => {
  it('are drawn from by the application, and taken from it by a rollback', async () => {
    await using database = await createOwnedDatabase({
      text: "create sequence invoices; create table t (id serial primary key, n int default nextval('invoices')); create sequence free",
    })
    const { plan, session } = await convert(database, 'expand')
    await session.close()
    const app = await database.login([plan.settings.roles.app])
    expect(await query(app.url, "select nextval('free')::int as n")).toEqual([{ n: 1 }])
    await expect(query(app.url, "select setval('free', 9)")).rejects.toMatchObject(refused)
    expect(hazardsOf(plan, 'shared-sequence')).toEqual(['notice shared-sequence: sequence free'])
  })

  it('come back as they were', async () => {
    await using database = await createOwnedDatabase({
      text: 'create sequence free; create table t (id serial primary key)',
    })
    await roundTrip(database)
  })
})
