import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, type ConvertedDatabase, type OwnedDatabase } from '../../test/owned-database.ts'
import { verifyDatabase } from './verify-database.ts'
import type { VerifyReport } from './verify-report.ts'

/** What a service has, small: text keys, a tree, a one-to-one, a join table, people, a list of values, views, functions. */
const schema = `
  create table currencies (code char(3) primary key, label text not null);
  create table users (id text primary key, email text not null unique);
  create table projects (id text primary key, slug text not null unique, owner_id text references users, currency char(3) references currencies);
  create table tasks (
    id text primary key, project_id text not null references projects on delete cascade, parent_id text references tasks on delete set null,
    number int not null check (number > 0), title varchar(40) not null, unique (project_id, number));
  create table settings (project_id text primary key references projects on delete cascade, payload jsonb not null default '{}');
  create table notes (id bigint generated always as identity primary key, body text);
  create view open_tasks as select * from tasks;
  create materialized view task_counts as select count(*) from tasks;
  create function project_of(task text) returns text language sql stable security definer set search_path = public as 'select project_id from tasks where id = task';
  insert into currencies values ('EUR', 'Euro');
  insert into users values ('u1', 'u1@example.com');
  insert into projects values ('p1', 'first', 'u1', 'EUR');
  insert into tasks values ('t1', 'p1', null, 1, 'one'), ('t2', 'p1', 't1', 2, 'two');
  insert into settings values ('p1', '{"a":1}');
  insert into notes (body) values ('n');
`

let database: OwnedDatabase
let converted: ConvertedDatabase
let login: { role: string; url: string }

beforeAll(async () => {
  database = await createOwnedDatabase({ text: schema })
  converted = await convert(database, 'enforce', { tables: { shared: ['currencies'] } })
  login = await database.login([converted.plan.settings.roles.app])
})

afterAll(async () => {
  await converted.session.close()
  await database[Symbol.asyncDispose]()
})

const verify = (appUrl?: string): Promise<VerifyReport> =>
  verifyDatabase({ session: converted.session, plan: converted.plan, phase: 'enforce', appUrl })

/** The statement of the plan that begins like this, to make an object again as it was. */
function made(beginning: string): string {
  const found = converted.plan.steps
    .flatMap((step) => step.statements)
    .find((statement) => statement.startsWith(beginning))
  if (found === undefined) throw new Error(`no statement of the plan begins with ${beginning}`)
  return found
}

interface Sabotage {
  readonly name: string
  readonly break: () => string
  readonly repair: () => string
  /** The table or role that must be named, with what must have noticed it. */
  readonly named: () => string
  readonly by: readonly string[]
}

const app = (): string => `"${converted.plan.settings.roles.app}"`
const operator = (): string => `"${converted.plan.settings.roles.operator}"`
const policy = (name: string, table: string): string => made(`create policy ${name} on "public"."${table}"`)
const isolation = `org_id = (select partywall.require_tenant_id())`
const strict = (): string =>
  made('-- 0001')
    .match(/create function "partywall"\.require_tenant_id[\s\S]*?\$function\$;/)?.[0]
    .replace('create function', 'create or replace function') ?? ''
const soft = (): string =>
  made('-- 0001')
    .match(/create function "partywall"\.current_tenant_id[\s\S]*?\$function\$;/)?.[0]
    .replace('create function', 'create or replace function') ?? ''

const attacks = [
  'read-by-key',
  'read-all',
  'lock-row',
  'insert-as-other',
  'update-other',
  'move-to-other',
  'delete-other',
  'wrong-context',
]

const sabotages: readonly Sabotage[] = [
  ...['projects', 'tasks', 'settings', 'notes'].flatMap((table): Sabotage[] => [
    {
      name: `tenant_isolation dropped on ${table}`,
      break: () => `drop policy tenant_isolation on ${table}`,
      repair: () => policy('tenant_isolation', table),
      named: () => table,
      by: ['catalog', ...attacks, 'write-without-context', 'cached-plan', 'stale-context'],
    },
    {
      name: `tenant_access dropped on ${table}`,
      break: () => `drop policy tenant_access on ${table}`,
      repair: () => policy('tenant_access', table),
      named: () => table,
      by: ['catalog'],
    },
    {
      name: `operator_access dropped on ${table}`,
      break: () => `drop policy operator_access on ${table}`,
      repair: () => policy('operator_access', table),
      named: () => table,
      by: ['catalog'],
    },
    {
      name: `row-level security disabled on ${table}`,
      break: () => `alter table ${table} disable row level security`,
      repair: () => `alter table ${table} enable row level security`,
      named: () => table,
      by: ['catalog', ...attacks],
    },
    {
      name: `FORCE taken off ${table}`,
      break: () => `alter table ${table} no force row level security`,
      repair: () => `alter table ${table} force row level security`,
      named: () => table,
      by: ['catalog'],
    },
    {
      name: `TRUNCATE granted on ${table}`,
      break: () => `grant truncate on ${table} to ${app()}`,
      repair: () => `revoke truncate on ${table} from ${app()}`,
      named: () => table,
      by: ['catalog', 'table-privilege'],
    },
  ]),
  {
    name: 'tenant_isolation that reads everything',
    break: () => 'alter policy tenant_isolation on tasks using (true)',
    repair: () => `alter policy tenant_isolation on tasks using (${isolation})`,
    named: () => 'tasks',
    by: [
      'catalog',
      'read-by-key',
      'read-all',
      'lock-row',
      'delete-other',
      'wrong-context',
      'stale-context',
      'cached-plan',
    ],
  },
  {
    name: 'tenant_isolation that lets every row in',
    break: () => 'alter policy tenant_isolation on tasks with check (true)',
    repair: () => `alter policy tenant_isolation on tasks with check (${isolation})`,
    named: () => 'tasks',
    by: ['catalog', 'insert-as-other'],
  },
  {
    name: 'tenant_isolation with an exception for no tenant',
    break: () =>
      'alter policy tenant_isolation on tasks using (partywall.current_tenant_id() is null or org_id = partywall.current_tenant_id())',
    repair: () => `alter policy tenant_isolation on tasks using (${isolation})`,
    named: () => 'tasks',
    by: ['catalog', 'wrong-context', 'stale-context'],
  },
  {
    name: 'tenant_isolation for reads only',
    break: () =>
      `drop policy tenant_isolation on tasks; create policy tenant_isolation on tasks as restrictive for select to ${app()} using (${isolation})`,
    repair: () => `drop policy tenant_isolation on tasks; ${policy('tenant_isolation', 'tasks')}`,
    named: () => 'tasks',
    by: ['catalog', 'insert-as-other'],
  },
  {
    name: 'a permissive policy to PUBLIC beside the wall',
    break: () => 'create policy extra on tasks using (true)',
    repair: () => 'drop policy extra on tasks',
    named: () => 'tasks',
    by: ['foreign-policy'],
  },
  {
    name: 'a permissive policy to PUBLIC in place of the wall',
    break: () => 'create policy extra on tasks using (true); drop policy tenant_isolation on tasks',
    repair: () => `drop policy extra on tasks; ${policy('tenant_isolation', 'tasks')}`,
    named: () => 'tasks',
    by: ['catalog', 'foreign-policy', ...attacks],
  },
  {
    name: 'a composite foreign key dropped',
    break: () => 'alter table tasks drop constraint tasks_project_id_fkey_tenant',
    repair: () =>
      `${made('alter table "public"."tasks" add constraint "tasks_project_id_fkey_tenant"').replace(/ not valid$/, '')}`,
    named: () => 'tasks',
    by: ['catalog', 'reference-other', 'reassign-other', 'cascade'],
  },
  {
    name: 'the key of a tree dropped',
    break: () => 'alter table tasks drop constraint tasks_parent_id_fkey_tenant',
    repair: () =>
      `${made('alter table "public"."tasks" add constraint "tasks_parent_id_fkey_tenant"').replace(/ not valid$/, '')}`,
    named: () => 'tasks',
    by: ['catalog', 'reference-other', 'reassign-other', 'cascade'],
  },
  {
    name: 'the key of a one-to-one dropped',
    break: () => 'alter table settings drop constraint settings_project_id_fkey_tenant',
    repair: () =>
      `${made('alter table "public"."settings" add constraint "settings_project_id_fkey_tenant"').replace(/ not valid$/, '')}`,
    named: () => 'settings',
    by: ['catalog', 'reference-other', 'cascade'],
  },
  {
    name: 'a composite foreign key that refers to the id alone',
    break: () =>
      'create unique index narrow on projects (id); alter table tasks drop constraint tasks_project_id_fkey_tenant, add constraint tasks_project_id_fkey_tenant foreign key (project_id) references projects (id) on delete cascade',
    repair: () =>
      `alter table tasks drop constraint tasks_project_id_fkey_tenant; drop index narrow; ${made('alter table "public"."tasks" add constraint "tasks_project_id_fkey_tenant"').replace(/ not valid$/, '')}`,
    named: () => 'tasks',
    by: ['catalog', 'reference-other', 'reassign-other', 'cascade'],
  },
  {
    name: 'the triggers of foreign keys switched off',
    break: () => 'alter table tasks disable trigger all',
    repair: () => 'alter table tasks enable trigger all',
    named: () => 'tasks',
    by: ['catalog', 'reference-other', 'reassign-other'],
  },
  {
    name: 'the compound key of a parent dropped with what stands on it',
    break: () => 'alter table projects drop constraint projects_pkey cascade',
    repair: () =>
      [
        'alter table projects add constraint projects_pkey primary key (org_id, id)',
        ...['tasks', 'settings'].map((table) =>
          made(`alter table "public"."${table}" add constraint "${table}_project_id_fkey_tenant"`).replace(
            / not valid$/,
            '',
          ),
        ),
      ].join('; '),
    named: () => 'projects',
    by: ['catalog'],
  },
  {
    name: 'a unique across organizations',
    break: () => 'create unique index sneaky on projects (slug)',
    repair: () => 'drop index sneaky',
    named: () => 'projects',
    by: ['same-key', 'upsert'],
  },
  {
    name: 'a primary key across organizations',
    break: () => 'create unique index sneaky on tasks (id)',
    repair: () => 'drop index sneaky',
    named: () => 'tasks',
    by: ['same-key', 'upsert'],
  },
  {
    name: 'a unique expression across organizations',
    break: () => 'create unique index sneaky on projects (lower(slug))',
    repair: () => 'drop index sneaky',
    named: () => 'projects',
    by: ['same-key', 'upsert'],
  },
  {
    name: 'an IMMUTABLE accessor',
    break: () => 'alter function partywall.require_tenant_id() immutable',
    repair: () => 'alter function partywall.require_tenant_id() stable',
    named: () => 'tasks',
    by: ['cached-plan'],
  },
  {
    name: 'an accessor that falls back to an organization',
    break: () =>
      `create or replace function partywall.require_tenant_id() returns uuid language sql stable as $$ select coalesce(nullif(current_setting('app.current_tenant_id', true), '')::uuid, '${converted.plan.settings.defaultOrganization.id}') $$`,
    repair: strict,
    named: () => 'tasks',
    by: ['wrong-context', 'stale-context'],
  },
  {
    name: 'a default that falls back to an organization',
    break: () =>
      `create or replace function partywall.current_tenant_id() returns uuid language sql stable as $$ select coalesce(nullif(current_setting('app.current_tenant_id', true), '')::uuid, '${converted.plan.settings.defaultOrganization.id}') $$`,
    repair: soft,
    named: () => '',
    by: ['catalog'],
  },
  {
    name: 'BYPASSRLS on a login of the application',
    break: () => `alter role ${login.role} bypassrls`,
    repair: () => `alter role ${login.role} nobypassrls`,
    named: () => login.role,
    by: ['role-attribute'],
  },
  {
    name: 'a superuser among the logins of the application',
    break: () => `alter role ${login.role} superuser`,
    repair: () => `alter role ${login.role} nosuperuser`,
    named: () => login.role,
    by: ['role-attribute'],
  },
  ...(['owner', 'operator', 'pg_read_all_data'] as const).map((group): Sabotage => ({
    name: `membership of a login in ${group}`,
    break: () =>
      `grant ${group === 'owner' ? database.owner : group === 'operator' ? operator() : group} to ${login.role}`,
    repair: () =>
      `revoke ${group === 'owner' ? database.owner : group === 'operator' ? operator() : group} from ${login.role}`,
    named: () => login.role,
    by: ['role-reach'],
  })),
  {
    name: 'a table owned by the application',
    break: () => `alter table notes owner to ${login.role}`,
    repair: () => `alter table notes owner to ${database.owner}`,
    named: () => 'notes',
    by: ['ownership'],
  },
  {
    name: 'a view that runs as its owner',
    break: () => 'alter view open_tasks set (security_invoker = false)',
    repair: () => 'alter view open_tasks set (security_invoker = true)',
    named: () => 'open_tasks',
    by: ['catalog', 'view-reach'],
  },
  {
    name: 'a view upon a view that runs as its owner',
    break: () =>
      `create view later as select id from open_tasks; alter view later owner to ${database.owner}; grant select on later to ${app()}`,
    repair: () => 'drop view later',
    named: () => 'later',
    by: ['view-reach'],
  },
  {
    name: 'a materialized view within reach',
    break: () => `grant select on task_counts to ${app()}`,
    repair: () => `revoke select on task_counts from ${app()}`,
    named: () => 'task_counts',
    by: ['view-reach'],
  },
  {
    name: 'a definer function of the owner within reach',
    break: () => `alter function project_of(text) owner to ${database.owner}`,
    repair: () => `alter function project_of(text) owner to "${converted.plan.settings.roles.definer}"`,
    named: () => converted.plan.settings.roles.app,
    by: ['definer-function'],
  },
  {
    name: 'a tenant by default for a login',
    break: () =>
      `alter role ${login.role} set app.current_tenant_id = '${converted.plan.settings.defaultOrganization.id}'`,
    repair: () => `alter role ${login.role} reset app.current_tenant_id`,
    named: () => login.role,
    by: ['setting-default'],
  },
  {
    name: 'a tenant by default for the database',
    break: () =>
      `alter database "${database.name}" set app.current_tenant_id = '${converted.plan.settings.defaultOrganization.id}'`,
    repair: () => `alter database "${database.name}" reset app.current_tenant_id`,
    named: () => '',
    by: ['setting-default'],
  },
  {
    name: 'CREATE on a schema of the conversion',
    break: () => `grant create on schema public to ${app()}`,
    repair: () => `revoke create on schema public from ${app()}`,
    named: () => converted.plan.settings.roles.app,
    by: ['schema-create'],
  },
  {
    name: 'writes to a shared table',
    break: () => `grant insert on currencies to ${app()}`,
    repair: () => `revoke insert on currencies from ${app()}`,
    named: () => 'currencies',
    by: ['catalog', 'table-privilege'],
  },
  {
    name: 'writes to one column of the people',
    break: () => `grant update (email) on users to ${app()}`,
    repair: () => `revoke update (email) on users from ${app()}`,
    named: () => 'users',
    by: ['table-privilege'],
  },
  {
    name: 'a new table without a wall',
    break: () => `create table newcomers (id int); grant select on newcomers to ${app()}`,
    repair: () => 'drop table newcomers',
    named: () => 'newcomers',
    by: ['unplanned-table'],
  },
  {
    name: 'member_access dropped',
    break: () => 'drop policy member_access on users',
    repair: () => policy('member_access', 'users'),
    named: () => 'users',
    by: ['catalog', 'read-by-key', 'read-all', 'wrong-context', 'stale-context', 'cached-plan'],
  },
  {
    name: 'people changed by any organization',
    break: () => `grant update, delete on users to ${app()}; drop policy member_access on users`,
    repair: () => `revoke update, delete on users from ${app()}; ${policy('member_access', 'users')}`,
    named: () => 'users',
    by: ['catalog', 'table-privilege', 'update-other', 'lock-row', 'read-by-key'],
  },
  {
    name: 'memberships without a wall',
    break: () => 'alter table partywall.memberships disable row level security',
    repair: () => 'alter table partywall.memberships enable row level security',
    named: () => '',
    by: ['catalog'],
  },
]

describe('verify on a converted database', () => {
  it('is green, through the login of the application and through the role', async () => {
    for (const appUrl of [login.url, undefined]) {
      const report = await verify(appUrl)
      expect(report).toMatchObject({
        ok: true,
        crossings: [],
        staticOnly: [],
        tables: { total: 5, proved: 5, staticOnly: 0 },
      })
      expect(report.probes.blocked).toBe(report.probes.run)
    }
  })

  it.each(sabotages)('turns red by $name, names it, and green again after the repair', async (sabotage) => {
    await database.admin(sabotage.break())
    try {
      const report = await verify()
      const found = report.crossings
        .filter((crossing) => crossing.table === sabotage.named())
        .map((crossing) => crossing.probe)
      expect(report.ok).toBe(false)
      expect([...new Set(found)]).toEqual(expect.arrayContaining([...sabotage.by]))
    } finally {
      await database.admin(sabotage.repair())
    }
    expect((await verify()).crossings).toEqual([])
  })
})
