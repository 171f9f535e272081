import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, execute, query, type OwnedDatabase } from '../../test/owned-database.ts'
import { runnerName } from '../apply/runner-lock.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { readConversion } from '../conversion.ts'
import { openSession } from '../database/session.ts'
import { inspectHost, type Inspection } from './inspect-host.ts'

async function inspect(database: OwnedDatabase, url: string = database.ownerUrl): Promise<Inspection> {
  await using session = await openSession({ url, applicationName: runnerName })
  const { plan } = await readConversion(session, resolveConfig({}))
  return await inspectHost(session, plan)
}

const named = ({ hazards }: Inspection, ...ids: readonly string[]): string[] =>
  hazards.filter((one) => ids.includes(one.id)).map(({ severity, id, object }) => `${severity} ${id}: ${object}`)

const people = `
create type mood as enum ('good', 'bad');
create table people (id serial primary key, email text not null, mood mood, price numeric, tags jsonb, born date, at timestamptz);
create index people_email on people (lower(email));
create index people_mood on people (mood);
create index people_price on people (price);
create index people_tags on people using gin (tags);
create index people_born on people (born, at, email);
insert into people (email, mood, price, tags) select 'Person' || n || '@example.org', 'good', n, '{}' from generate_series(1, 5000) n;`

describe('indexes that a policy takes out of use', () => {
  it('are named, and those of leakproof operators are not; the planner agrees', async () => {
    await using database = await createOwnedDatabase({ text: people })
    expect(named(await inspect(database), 'leaky-index')).toEqual([
      'warning leaky-index: index people_email on people',
      'notice leaky-index: index people_mood on people',
      'notice leaky-index: index people_price on people',
      'warning leaky-index: index people_tags on people',
    ])
    const { session, plan } = await convert(database, 'contract')
    await session.close()
    await execute(database.ownerUrl, 'analyze people')
    const app = await database.login([plan.settings.roles.app])
    const conditions = async (where: string): Promise<string> => {
      const [row] = await query<{ 'QUERY PLAN': unknown }>(
        app.url,
        `set app.current_tenant_id = '${plan.settings.defaultOrganization?.id}'; set enable_seqscan = off; explain (format json) select * from people where ${where}`,
      )
      return (JSON.stringify(row).match(/"(Index|Recheck) Cond":"[^"]*"/g) ?? []).join()
    }
    expect(await conditions(`lower(email) = 'person7@example.org'`)).not.toContain('lower')
    expect(await conditions(`mood = 'bad'`)).not.toContain('mood')
    expect(await conditions(`price = 7`)).not.toContain('price')
    expect(await conditions(`tags @> '{"a": 1}'`)).not.toContain('tags')
    expect(await conditions(`born = date '2020-02-02'`)).toContain('born')
    // The rewrite that the hazard names is used below the policy.
    const [hazard] = (await inspect(database)).hazards.filter((one) => one.object.includes('people_email'))
    const collation = /create collation [^;]*/.exec(hazard?.message ?? '')?.[0] ?? ''
    await execute(
      database.ownerUrl,
      `${collation}; create index people_folded on people (org_id, email collate ignore_case)`,
    )
    expect(await conditions(`email collate ignore_case = 'person7@example.org'`)).toContain('email')
  })
})

describe('what lives beside the service', () => {
  it('is named: publications, materialized views, transactions that last; what the login may not do', async () => {
    await using database = await createOwnedDatabase({
      text: 'create table things (id serial primary key); create materialized view counted as select count(*) from things',
    })
    await database.admin('create publication feed for table things')
    const found = await inspect(database)
    expect(named(found, 'publication', 'refresh', 'dump-role')).toEqual([
      'warning publication: publication feed',
      'warning refresh: counted',
      'notice dump-role: pg_dump',
    ])
    expect(found.capabilities).toEqual({
      superuser: false,
      createRoles: true,
      createSchema: true,
      eventTriggers: false,
      grantBypassRls: false,
      seesOthers: false,
    })
  })

  it('leaves to a DBA what a login without privileges may not do', async () => {
    await using database = await createOwnedDatabase({ text: 'create table things (id serial primary key)' })
    const poor = await database.login()
    const messages = (await inspect(database, poor.url)).hazards.filter((one) => one.id === 'capability')
    expect(messages.map((one) => one.message).join('\n')).toMatch(/may not create roles[^]*grant create on database/)
  })
})

describe('statements that the server has seen', () => {
  it('are not asked for where the extension is not there', async () => {
    await using database = await createOwnedDatabase({ text: 'create table things (id serial primary key)' })
    await database.admin('create extension pg_stat_statements')
    // The view is there, and the library is not loaded: no error, and nothing to tell.
    expect(named(await inspect(database), 'copy-from', 'truncate', 'select-star')).toEqual([])
  })
})
