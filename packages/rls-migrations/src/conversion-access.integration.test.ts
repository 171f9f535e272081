import { testServer } from '@partywall/testing/vitest'
import { describe, expect, it } from 'vitest'
import { applyPlan } from './apply/apply-plan.ts'
import { runnerName } from './apply/runner-lock.ts'
import { resolveConfig } from './config/resolve-config.ts'
import { readConversion } from './conversion.ts'
import { openSession } from './database/session.ts'
import { convert, createOwnedDatabase, execute, query, type ConvertedDatabase } from '../test/owned-database.ts'
import { hazardsOf, roundTrip } from '../test/round-trip.ts'

const A = '11111111-1111-4111-8111-111111111111'
const B = '22222222-2222-4222-8222-222222222222'

const as = (organization: string, statement: string): string =>
  `begin; set local app.current_tenant_id = '${organization}'; ${statement}; commit`

const organizations = `insert into partywall.organizations (id, slug, name) values ('${A}', 'a', 'A'), ('${B}', 'b', 'B')`
const refused = { code: '42501' }

const hazardIds = ({ plan }: ConvertedDatabase, id: string): readonly string[] =>
  plan.hazards.filter((hazard) => hazard.id === id).map((hazard) => hazard.object)

describe('roles that use a table before the conversion', () => {
  it('read on in expand when they hold single columns', async () => {
    await using database = await createOwnedDatabase({
      text: "create table t (id int, a text); insert into t values (1, 'x')",
    })
    const reader = await database.login()
    await execute(database.ownerUrl, `grant select (id) on t to ${reader.role}`)
    const converted = await convert(database, 'expand')
    await converted.session.close()
    expect(await query(reader.url, 'select id from t')).toEqual([{ id: 1 }])
    expect(hazardIds(converted, 'legacy-role')).toEqual([`${reader.role} on t`])
    await expect(query(reader.url, 'select a from t')).rejects.toMatchObject(refused)
  })

  it('read on in expand when they are members of pg_read_all_data', async () => {
    await using database = await createOwnedDatabase({ text: 'create table t (id int); insert into t values (1)' })
    const { serverVersion } = await testServer()
    if (serverVersion < 140000) {
      // There is no such role, and nothing to name.
      const converted = await convert(database, 'expand')
      await converted.session.close()
      expect(hazardIds(converted, 'data-role')).toEqual([])
      return
    }
    const reader = await database.login(['pg_read_all_data'])
    const converted = await convert(database, 'expand')
    await converted.session.close()
    expect(await query(reader.url, 'select id from t')).toEqual([{ id: 1 }])
    expect(hazardIds(converted, 'data-role').join()).toContain(reader.role)
  })

  it('see no more than the policies of the table itself show them', async () => {
    await using database = await createOwnedDatabase({
      text: 'create table notes (who text, body text); alter table notes enable row level security; create policy own on notes using (who = current_user)',
    })
    const web = await database.login()
    await execute(
      database.ownerUrl,
      `grant select on notes to ${web.role}; insert into notes values ('boss', 'salary'), ('${web.role}', 'mine')`,
    )
    const converted = await convert(database, 'expand')
    await converted.session.close()
    expect(await query(web.url, 'select body from notes')).toEqual([{ body: 'mine' }])
    expect(hazardIds(converted, 'legacy-role')).toEqual([])
    expect(hazardIds(converted, 'own-policy')).toEqual(['policies own on notes'])
  })

  it('are told of policies that sleep until expand switches row-level security on', async () => {
    await using database = await createOwnedDatabase({
      text: 'create table t (id int); create policy few on t as restrictive using (id < 10); create policy many on t using (true)',
    })
    const converted = await convert(database, 'install')
    await converted.session.close()
    expect(hazardIds(converted, 'dormant-policy')).toEqual(['policies few on t', 'policies many on t'])
  })
})

describe('what PUBLIC holds', () => {
  const text = `
    create table t (id int primary key, a text);
    create table skipped (id int primary key, secret text, open text);
    create table currencies (code text primary key, label text);
    create table users (id int primary key, email text not null unique);
    create materialized view stored as select a from t;
    create function peek() returns int language sql security definer as 'select 1';
    grant select (secret), update (secret) on skipped to public;
    grant select on skipped to public;
    grant select (a) on stored to public;
    grant all on currencies, users to public;
    grant truncate on t to public`
  const config = { tables: { skipped: ['skipped'], shared: ['currencies'] } }

  it('is withheld from the application, on single columns as well', async () => {
    await using database = await createOwnedDatabase({ text })
    await using session = (await convert(database, 'enforce', config)).session
    const { plan } = await convert(database, 'enforce', config)
    const app = await database.login([plan.settings.roles.app])
    for (const statement of [
      'select secret from skipped',
      "update skipped set secret = ''",
      'select a from stored',
      "insert into currencies values ('X', 'x')",
      'delete from users',
      'truncate t',
    ]) {
      await expect(query(app.url, as(A, statement)), statement).rejects.toMatchObject(refused)
    }
    await query(app.url, as(A, 'select * from currencies'))
    await session.close()
  })

  it('stays with roles that use the database, each in its own name, and the hazards say who loses it', async () => {
    await using database = await createOwnedDatabase({ text })
    const web = await database.login()
    await execute(
      database.ownerUrl,
      `grant insert on skipped, currencies to ${web.role}; grant select (open) on skipped to ${web.role}`,
    )
    const converted = await convert(database, 'expand', config)
    await converted.session.close()
    for (const statement of [
      'select * from skipped',
      "update skipped set secret = ''",
      'select a from stored',
      "update currencies set label = ''",
      'truncate t',
      'select peek()',
    ]) {
      await execute(web.url, statement)
    }
    expect(hazardIds(converted, 'public-loses').toSorted()).toEqual([
      'currencies',
      'function peek()',
      'skipped',
      'stored',
      't',
      'users',
    ])
  })

  it('comes back exactly when the conversion is rolled back', async () => {
    await using database = await createOwnedDatabase({ text })
    const web = await database.login()
    await execute(
      database.ownerUrl,
      `grant insert on skipped, currencies to ${web.role}; grant select (open) on skipped to ${web.role} with grant option`,
    )
    await roundTrip(database, config)
  })
})

describe('tables that belong to a group', () => {
  it('refuse the maintenance of its members under FORCE instead of showing them no rows', async () => {
    await using database = await createOwnedDatabase({ text: 'create schema s' })
    const group = (await database.login()).role
    const member = await database.login([group])
    const stranger = await database.login()
    await database.admin(
      `alter role ${group} nologin; grant ${group} to ${database.owner}; grant create on schema public to ${group}`,
    )
    await execute(database.ownerUrl, `set role ${group}; create table t (id int primary key); insert into t values (1)`)
    await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    const { plan } = await readConversion(session, resolveConfig({}))
    const { left } = await applyPlan({ session, plan, to: 'enforce' })
    for (const statement of left.flatMap((step) => step.statements)) await database.admin(statement)
    for (const url of [database.ownerUrl, member.url]) {
      await expect(query(url, 'select * from t')).rejects.toMatchObject(refused)
      await expect(query(url, 'delete from t returning 1')).rejects.toMatchObject(refused)
    }
    const settings = plan.steps.filter((step) => step.kind === 'owner-setting').map((step) => step.id)
    expect(settings.join()).not.toContain(stranger.role)
  })
})

describe('rewrite rules', () => {
  it('are no way to the rows of another organization', async () => {
    await using database = await createOwnedDatabase({
      text: `
        create table t (id serial primary key, name text);
        create view v as select id, name from t;
        create table commands (id serial primary key, x text);
        create table kept (id serial primary key);
        create rule on_view as on insert to v do instead update t set name = 'changed';
        create rule on_table as on insert to commands do also delete from t where name = new.x;
        create rule never as on delete to kept do instead nothing`,
    })
    const converted = await convert(database, 'contract')
    await converted.session.close()
    await execute(database.adminUrl, organizations)
    await execute(database.adminUrl, as(B, "insert into t (name) values ('of B')"))
    const app = await database.login([converted.plan.settings.roles.app])
    await expect(query(app.url, as(A, "insert into v (name) values ('x')"))).rejects.toMatchObject(refused)
    await expect(query(app.url, as(A, "insert into commands (x) values ('of B')"))).rejects.toMatchObject(refused)
    await execute(app.url, as(A, "update v set name = 'y'; update commands set x = 'y'; delete from kept"))
    expect(await query(database.adminUrl, 'select name from t')).toEqual([{ name: 'of B' }])
    expect(hazardsOf(converted.plan, 'rule')).toEqual([
      'blocking rule: rule on_table on commands',
      'blocking rule: rule on_view on v',
    ])
  })
})
