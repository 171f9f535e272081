import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, execute, query, samples, type OwnedDatabase } from '../test/owned-database.ts'
import { hazardsOf, roundTrip } from '../test/round-trip.ts'
import { applyPlan } from './apply/apply-plan.ts'
import { runnerName } from './apply/runner-lock.ts'
import { compareSnapshots, readSchemaSnapshot } from './catalog/schema-snapshot.ts'
import type { PartywallConfig } from './config/conversion-config.ts'
import { resolveConfig } from './config/resolve-config.ts'
import { readConversion } from './conversion.ts'
import { openSession } from './database/session.ts'
import { rollbackPlan } from './rollback/rollback-plan.ts'
import { verifyDatabase } from './verify/verify-database.ts'

const config: PartywallConfig = { root: { table: 'teams', name: 'name', slug: 'slug' }, tables: { shared: ['labels'] } }

let planner: string

beforeAll(async () => {
  planner = await readFile(join(import.meta.dirname, '../test/planner.sql'), 'utf8')
})

/** Rows of each table whose organization is not the team that the host's own keys lead to. */
const wrong = `
select ((select count(*) from projects where org_id is distinct from team_id)
  + (select count(*) from tasks t join projects p on p.id = t.project_id where t.org_id is distinct from p.team_id)
  + (select count(*) from comments c left join tasks t on t.id = c.task_id join projects p on p.id in (c.project_id, t.project_id) where c.org_id is distinct from p.team_id)
  + (select count(*) from task_labels l join tasks t on t.id = l.task_id join projects p on p.id = t.project_id where l.org_id is distinct from p.team_id))::int as wrong`

const rightly = [{ wrong: 0 }]

async function planOf(database: OwnedDatabase, given: PartywallConfig) {
  await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
  return (await readConversion(session, resolveConfig(given))).plan
}

/** Converts to enforce and attacks; what could not be attacked counts as a failure too. */
async function prove(database: OwnedDatabase, given: PartywallConfig): Promise<void> {
  const { session, plan } = await convert(database, 'enforce', given)
  const report = await verifyDatabase({ session, plan, phase: 'enforce' })
  expect(report.crossings).toEqual([])
  expect(report.staticOnly).toEqual([])
  expect(report.tables.proved).toBe(plan.tables.tenant.length + plan.tables.user.length)
  await session.close()
}

describe('an adopted root', () => {
  it('rolls back from each phase to the very schema of the one before', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    const plan = await roundTrip(database, config)
    expect(plan.settings.keyType).toBe('bigint')
  })

  it('is proved, with every row where the foreign keys lead to', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    await prove(database, config)
    expect(await query(database.adminUrl, wrong)).toEqual(rightly)
    const organizations = 'select id::int, name, slug from partywall.organizations order by id'
    expect(await query(database.adminUrl, organizations)).toEqual([
      { id: 1, name: 'Red', slug: 'red' },
      { id: 2, name: 'Blue', slug: '2' },
      { id: 3, name: 'Green', slug: '3' },
    ])
  })

  it('shows an application its own team only, by the id as PostgreSQL prints it', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    const { session, plan } = await convert(database, 'enforce', config)
    await session.close()
    const app = await database.login([plan.settings.roles.app])
    const as = (tenant: string, sql: string) =>
      query(app.url, `begin; set local app.current_tenant_id = '${tenant}'; ${sql}`)
    expect(await as('2', 'select name from teams')).toEqual([{ name: 'Blue' }])
    expect(await as('2', 'select count(*)::int as n from projects')).toEqual([{ n: 10 }])
    expect(await as('2', 'select count(*)::int as n from labels')).toEqual([{ n: 2 }])
    await expect(as('02', 'select from projects')).rejects.toMatchObject({ code: '22023' })
    await expect(as('2', "insert into projects (team_id, name) values (1, 'x')")).rejects.toMatchObject({
      code: '23514',
    })
    await expect(as('2', "insert into teams (name) values ('x')")).rejects.toMatchObject({ code: '42501' })
  })

  it('makes an organization of each row that the service adds, and takes it along when the row goes', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    const { session } = await convert(database, 'expand', config)
    await session.close()
    await execute(
      database.ownerUrl,
      "insert into teams (name, slug) values ('Pink', 'RED'); update teams set name = 'Crimson' where id = 1; insert into teams (name) values ('Gone'); delete from teams where id = 5",
    )
    const rows = await query(database.adminUrl, 'select id::int, name, slug from partywall.organizations order by id')
    expect(rows).toEqual([
      { id: 1, name: 'Crimson', slug: 'red' },
      { id: 2, name: 'Blue', slug: '2' },
      { id: 3, name: 'Green', slug: '3' },
      { id: 4, name: 'Pink', slug: '4' },
    ])
  })

  it('follows old code, without a tenant, until contract', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    const { session, plan } = await convert(database, 'expand', config)
    await execute(
      database.ownerUrl,
      `insert into tasks (project_id, title) values (1, 'new'); insert into comments (task_id, body) values (1, 'new');
       update tasks set project_id = 2, parent_id = null where id in (2995, 2996); update projects set team_id = 3 where id in (1, 2, 3);
       insert into task_labels values (3001, 1)`,
    )
    expect(await query(database.adminUrl, wrong)).toEqual(rightly)
    await applyPlan({ session, plan, to: 'contract' })
    await session.close()
    await expect(
      execute(database.ownerUrl, "insert into tasks (project_id, title) values (1, 'x')"),
    ).rejects.toMatchObject({
      code: '23502',
    })
  })

  it('keeps the tenant column that tables have already', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    const own = { ...config, tenantColumn: 'team_id' }
    const plan = await roundTrip(database, own)
    expect(plan.derivations.find((one) => one.table.name === 'projects')?.source).toBe('column')
    await prove(database, own)
    const [row] = await query(
      database.adminUrl,
      'select count(*)::int as n from tasks t join projects p on p.id = t.project_id where t.team_id = p.team_id',
    )
    expect(row).toEqual({ n: 3000 })
  })

  it('never scans or rewrites a table under a lock that stops reads or writes', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    const { plan } = await readConversion(session, resolveConfig(config))
    const scanned: string[] = []
    session.onNotice((message) => {
      if (/^(rewriting table|verifying table|validating foreign key|building index)/.test(message))
        scanned.push(message)
    })
    await applyPlan({ session, plan, to: 'install' })
    await session.query('set client_min_messages = debug1')
    for (const step of plan.steps.filter((one) => one.phase !== 'install')) {
      const at = scanned.length
      if (step.mode === 'transaction') await session.query('begin')
      for (const statement of step.statements) if (step.privileged !== true) await session.query(statement)
      if (step.mode === 'transaction') await session.query('commit')
      const blocks = step.lock === 'ACCESS EXCLUSIVE' || step.lock === 'SHARE ROW EXCLUSIVE'
      if (blocks || !step.scans) expect(scanned.slice(at), step.id).toEqual([])
    }
    expect(scanned.length).toBeGreaterThan(0)
  })
})

describe('rows that belong to two organizations, or to none', () => {
  it('are listed before anything is changed, and stop the run', async () => {
    await using database = await createOwnedDatabase({
      text: `${planner}; update tasks set parent_id = 2 where id = 1; insert into comments (id, body) values (9000, 'lost')`,
    })
    await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    const { plan } = await readConversion(session, resolveConfig(config))
    await applyPlan({ session, plan, to: 'install' })
    const before = await readSchemaSnapshot(session)
    await expect(applyPlan({ session, plan, to: 'expand' })).rejects.toMatchObject({
      code: 'ORGANIZATION_CONFLICT',
      details: {
        tables: [
          { table: 'tasks', conflicts: 1, orphans: 0, conflicting: ['1 (3 or 1)'] },
          { table: 'comments', conflicts: 0, orphans: 1, orphaned: ['9000'] },
        ],
      },
    })
    expect(compareSnapshots(before, await readSchemaSnapshot(session))).toEqual([])
  })

  it('belong to the default organization where the configuration says so', async () => {
    await using database = await createOwnedDatabase({
      text: `${planner}; insert into comments (id, body) values (9000, 'lost')`,
    })
    const given: PartywallConfig = { ...config, orphans: 'default-organization', defaultOrganization: { id: '3' } }
    await prove(database, given)
    expect(await query(database.adminUrl, 'select org_id::int from comments where id = 9000')).toEqual([{ org_id: 3 }])
    expect(await query(database.adminUrl, 'select id::int from partywall.organizations where is_default')).toEqual([
      { id: 3 },
    ])
  })

  it('are refused when the default organization is no row of the root', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    const given: PartywallConfig = { ...config, orphans: 'default-organization', defaultOrganization: { id: '77' } }
    await expect(convert(database, 'expand', given)).rejects.toMatchObject({
      code: 'STEP_FAILED',
      message: expect.stringContaining('has no row with the id 77'),
    })
  })

  it('stop a rollback when only the tenant column tells whose a row is', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    const { session, plan } = await convert(database, 'contract', config)
    await execute(database.ownerUrl, "insert into comments (org_id, body) values (2, 'of nobody else')")
    await expect(rollbackPlan({ session, plan, to: 'none' })).rejects.toMatchObject({
      code: 'ROLLBACK_WOULD_MERGE',
      details: { tables: [{ table: 'comments', rows: 1 }] },
    })
    await session.close()
  })
})

describe('a plan with an adopted root', () => {
  const transfers =
    'create table transfers (id serial primary key, from_team bigint not null references teams, to_team bigint not null references teams); insert into transfers (from_team, to_team) values (1, 2)'

  it('names the tables that no key leads from', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    await expect(planOf(database, { root: { table: 'teams' } })).rejects.toMatchObject({
      code: 'ORGANIZATION_UNREACHABLE',
      details: { tables: ['labels'] },
    })
  })

  it('explains each way, and compares the others', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    const plan = await planOf(database, config)
    const told = plan.derivations.map((one) => [one.path, one.compared.map((edge) => edge.constraint)])
    expect(told).toEqual([
      ['projects.team_id', []],
      ['tasks.project_id > projects.team_id', ['tasks_parent_id_fkey']],
      ['task_labels.task_id > tasks.project_id > projects.team_id', []],
      ['comments.project_id > projects.team_id, else comments.task_id > tasks.project_id > projects.team_id', []],
    ])
  })

  it('takes the column that the configuration names, and leaves another that names an organization alone', async () => {
    await using database = await createOwnedDatabase({ text: `${planner}; ${transfers}` })
    await expect(convert(database, 'expand', config)).rejects.toMatchObject({ code: 'ORGANIZATION_CONFLICT' })
    await using other = await createOwnedDatabase({ text: `${planner}; ${transfers}` })
    const given: PartywallConfig = { ...config, organizationFrom: { transfers: { column: 'from_team' } } }
    const { session, plan } = await convert(other, 'enforce', given)
    await session.close()
    expect(await query(other.adminUrl, 'select org_id::int from transfers')).toEqual([{ org_id: 1 }])
    expect(hazardsOf(plan, 'root-reference')).toEqual([
      'warning root-reference: foreign key transfers_to_team_fkey on transfers',
    ])
  })

  it('takes a column without a foreign key, when what it names is there', async () => {
    const text = `${planner}; create table notes (id serial primary key, team int not null, body text); insert into notes (team, body) values (2, 'x'), (99, 'lost')`
    await using database = await createOwnedDatabase({ text })
    const given: PartywallConfig = { ...config, root: { ...config.root, table: 'teams', columns: ['team'] } }
    await expect(convert(database, 'expand', given)).rejects.toMatchObject({
      code: 'ORGANIZATION_ORPHANED',
      details: { tables: [{ table: 'notes', orphans: 1, orphaned: ['2'] }] },
    })
    await execute(database.ownerUrl, 'delete from notes where team = 99')
    await prove(database, given)
  })

  it('blocks when a trigger of the host would run for every row, unless the login may silence it', async () => {
    const stamp = `create function stamp() returns trigger language plpgsql as $$ begin new.title := new.title || '!'; new.updated_at := now(); return new; end $$`
    const text = `${planner}; alter table tasks add column updated_at timestamptz; ${stamp}; create trigger stamp before update on tasks for each row execute function stamp()`
    await using database = await createOwnedDatabase({ text })
    const plan = await planOf(database, config)
    expect(hazardsOf(plan, 'backfill-trigger')).toEqual(['blocking backfill-trigger: trigger stamp on tasks'])
    await using session = await openSession({ url: database.adminUrl, applicationName: runnerName })
    const silent = (await readConversion(session, resolveConfig(config))).plan
    expect(hazardsOf(silent, 'backfill-trigger')).toEqual([])
    await applyPlan({ session, plan: silent, to: 'expand' })
    expect(
      await query(
        database.adminUrl,
        "select count(*)::int as n from tasks where title like '%!' or updated_at is not null",
      ),
    ).toEqual([{ n: 0 }])
  })

  it.each<[string, string, object]>([
    ['a root without a key of one column', 'create table teams (a int, b int, primary key (a, b))', {}],
    ['an id that may be null', 'create table teams (id int primary key, code int unique)', { id: 'code' }],
    ['an id that is not unique', 'create table teams (id int primary key, code int not null)', { id: 'code' }],
    ['a name that is no column', 'create table teams (id int primary key)', { name: 'title' }],
    ['a view-like root', 'create table teams (id int primary key) partition by hash (id)', {}],
  ])('refuses %s with ROOT_UNUSABLE', async (_what, text, more) => {
    await using database = await createOwnedDatabase({ text })
    await expect(planOf(database, { root: { table: 'teams', ...more } })).rejects.toMatchObject({
      code: 'ROOT_UNUSABLE',
    })
  })
})

describe('the type of the key', () => {
  it.each<[type: string, keyType: string, ids: readonly [string, string]]>([
    ['uuid', 'uuid', ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']],
    ['integer', 'integer', ['1', '2']],
    ['smallint', 'smallint', ['1', '2']],
    ['text', 'text', ['north', "it's"]],
    ['varchar(5)', 'character varying', ['ABCDE', 'ABCDF']],
    ['char(5)', 'bpchar', ['AB', 'AC']],
    ['numeric(10)', 'numeric', ['1', '2']],
  ])('%s goes through the whole conversion', async (type, keyType, [a, b]) => {
    const text = `create table teams (id ${type} primary key, name text not null);
      create table projects (id serial primary key, team ${type} not null references teams, name text not null unique);
      create table tasks (id serial primary key, project int not null references projects, title text);
      insert into teams values ($$${a}$$, 'A'), ($$${b}$$, 'B');
      insert into projects (team, name) values ($$${a}$$, 'a'), ($$${b}$$, 'b');
      insert into tasks (project, title) values (1, 'a'), (2, 'b')`
    await using database = await createOwnedDatabase({ text })
    const given: PartywallConfig = { root: { table: 'teams' } }
    const plan = await roundTrip(database, given)
    expect(plan.settings.keyType).toBe(keyType)
    await prove(database, given)
    const app = await database.login([plan.settings.roles.app])
    const read = `begin; select set_config('app.current_tenant_id', $$${b}$$, true); select title from tasks`
    expect(await query(app.url, read)).toEqual([{ title: 'b' }])
  })

  it('never cuts a text to the id of another organization', async () => {
    await using database = await createOwnedDatabase({
      text: "create table teams (id varchar(3) primary key); create table projects (id serial primary key, team varchar(3) not null references teams); insert into teams values ('abc'); insert into projects (team) values ('abc')",
    })
    const { session, plan } = await convert(database, 'enforce', { root: { table: 'teams' } })
    await session.close()
    const app = await database.login([plan.settings.roles.app])
    expect(await query(app.url, "begin; set local app.current_tenant_id = 'abcd'; select * from projects")).toEqual([])
  })
})

describe('a root in real data', () => {
  it('FlakeGuard, with teams that own installations', async () => {
    const schema = await readFile(samples.flakeguard.path, 'utf8')
    const text = `${schema}
      create table "Team" ("id" bigint generated always as identity primary key, "name" text not null);
      alter table "Installation" add column "teamId" bigint not null references "Team";
      insert into "Team" ("name") values ('Red'), ('Blue');`
    await using database = await createOwnedDatabase({ text })
    const given: PartywallConfig = {
      ...samples.flakeguard.config,
      root: { table: 'Team', name: 'name' },
      tables: { skipped: ['Session', 'ApiToken', 'Notification', 'Label'] },
      orphans: 'default-organization',
      defaultOrganization: { id: '1' },
    }
    await roundTrip(database, given)
    await prove(database, given)
  })

  it.each<[string, { path: string }, PartywallConfig]>([
    [
      'Northwind, by customer',
      samples.northwind,
      {
        root: { table: 'customers', name: 'company_name' },
        tables: {
          shared: [
            'categories',
            'suppliers',
            'products',
            'shippers',
            'customer_demographics',
            'us_states',
            'region',
            'territories',
          ],
          skipped: ['employees', 'employee_territories'],
        },
      },
    ],
    [
      'Chinook, by customer',
      samples.chinook,
      {
        root: { table: 'customer', name: 'last_name' },
        tables: {
          shared: ['artist', 'album', 'genre', 'media_type', 'playlist', 'playlist_track', 'track'],
          skipped: ['employee'],
        },
      },
    ],
  ])('%s', async (_name, sample, given) => {
    await using database = await createOwnedDatabase({ path: sample.path })
    await roundTrip(database, given)
    await prove(database, given)
  })
})
