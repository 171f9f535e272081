/** A way to break one rule, and to keep it again where the printed statements do not. */
export interface BrokenSchema {
  readonly broken: string
  /** Run in place of the printed fix, where there is none. */
  readonly mended?: string
  /** The first major version that knows the words. */
  readonly since?: number
}

const wall = 'org_id = (select partywall.require_tenant_id())'
const rebuilt = `alter policy tenant_isolation on notes using (${wall}) with check (${wall})`
const wallIs = (expression: string): string => `alter policy tenant_isolation on notes using (${expression})`
const login = 'create role partywall_broken login in role $APP'
const setting = "current_setting('app.current_tenant_id', true)"

/**
 * For each rule the smallest break of the sabotaged schema, converted up to enforce. `$APP`, `$OPERATOR`, `$DEFINER`,
 * `$OWNER` and `$DATABASE` are quoted names.
 */
export const brokenSchemas: Readonly<Record<string, BrokenSchema>> = {
  catalog: { broken: 'drop policy operator_access on tasks' },
  'role-attribute': { broken: `${login} bypassrls createrole` },
  'role-reach': { broken: `${login}; grant $OPERATOR to partywall_broken` },
  ownership: { broken: `${login}; alter table notes owner to partywall_broken` },
  'table-privilege': { broken: 'grant truncate, trigger on tasks to $APP' },
  'foreign-policy': { broken: 'create policy extra on tasks using (org_id is not null)' },
  'view-reach': {
    broken:
      'create view all_tasks as select * from tasks; alter view all_tasks owner to $OWNER; grant select on all_tasks to $APP',
    since: 15,
  },
  'definer-function': {
    broken: `create function count_tasks() returns bigint language sql stable security definer set search_path = pg_catalog, pg_temp as 'select count(*) from public.tasks'; alter function count_tasks() owner to $OWNER; grant execute on function count_tasks() to $APP`,
  },
  'rewrite-rule': { broken: 'create rule also as on update to tasks do also delete from tasks where false' },
  'setting-default': {
    broken: `${login}; alter role partywall_broken set app.current_tenant_id = '1'; alter database $DATABASE set app.current_tenant_id = '1'`,
  },
  'schema-create': { broken: 'grant create on schema public to $APP' },
  'temporary-objects': { broken: 'grant temporary on database $DATABASE to public' },
  'unplanned-table': { broken: 'create table later (id int primary key); grant select on later to $APP' },
  'new-table-guard': { broken: 'alter event trigger partywall_guard_new_tables disable' },
  'control-plane': {
    broken: 'grant update on partywall.memberships to $APP; grant select on partywall.journal to $APP',
  },
  'control-plane-constraint': {
    broken:
      'alter table partywall.memberships drop constraint memberships_role_fkey, alter column role drop not null; alter table partywall.organizations drop constraint organizations_name_check, add constraint organizations_name_check check (true); drop index partywall.domains_verified_key',
  },
  'default-privilege': {
    broken: 'alter default privileges for role $OWNER in schema public grant select, insert on tables to $APP',
  },
  'sequence-privilege': { broken: 'grant update on sequence notes_id_seq to $APP' },
  'large-objects': {
    broken: `do $$ begin execute format('grant select on large object %s to public', lo_create(0)); end $$`,
    mended: 'select lo_unlink(oid) from pg_largeobject_metadata',
  },
  'foreign-server': {
    broken: `create extension postgres_fdw schema partywall; create server elsewhere foreign data wrapper postgres_fdw; grant usage on foreign server elsewhere to $APP; create user mapping for $APP server elsewhere`,
  },
  'row-security-off': { broken: 'alter table tasks disable row level security' },
  'force-off': { broken: 'alter table tasks no force row level security' },
  'no-permissive-policy': {
    broken: 'drop policy tenant_access on notes; drop policy operator_access on notes',
    mended: 'create policy tenant_access on notes to $APP using (true) with check (true)',
  },
  'tenant-column-nullable': { broken: 'alter table notes alter column org_id drop not null' },
  'tenant-by-default': {
    broken: `alter table notes alter column org_id set default '00000000-0000-0000-0000-000000000001'`,
  },
  'key-across-organizations': {
    broken: `create unique index "a ""narrow"" (key" on projects (lower(slug)) where slug <> ''; alter table notes add constraint narrow unique (body)`,
  },
  'reference-across-organizations': {
    broken:
      'create unique index narrow on projects (id); alter table settings add constraint narrow foreign key (project_id) references projects (id) on delete cascade',
  },
  'reference-unproved': {
    broken:
      'alter table settings add constraint unproved foreign key (org_id, project_id) references projects (org_id, id) not valid',
  },
  'set-null-of-tenant': {
    broken:
      'alter table tasks add constraint nulls foreign key (org_id, parent_id) references tasks (org_id, id) on delete set null',
    since: 15,
  },
  'cascade-trigger': {
    broken: `create function look() returns trigger language plpgsql as 'begin return old; end'; create trigger look before delete on tasks for each row execute function look()`,
    mended: 'drop trigger look on tasks',
  },
  'public-privilege': { broken: 'grant select on notes to public' },
  'grant-option': { broken: 'grant select on notes to $APP with grant option' },
  'column-privilege': { broken: 'grant select (body), update (body) on notes to public' },
  'parameter-privilege': { broken: 'grant set on parameter session_replication_role to $APP', since: 15 },
  'role-row-security': { broken: 'alter role $APP set row_security = off' },
  'silent-login': { broken: 'create role partywall_broken login in role $OWNER' },
  'statistics-reach': { broken: `${login}; grant pg_monitor to partywall_broken` },
  'bypassrls-login': { broken: 'create role partywall_broken login bypassrls' },
  'other-database': { broken: login, mended: 'drop role partywall_broken' },
  'definer-search-path': {
    broken: `create function "f ""(x"() returns int language sql security definer as 'select 1'; create function g() returns int language sql security definer set search_path = public as 'select 1'; create function h() returns int language sql security definer set search_path = '' as 'select 1'`,
  },
  'definer-dynamic-sql': {
    broken: `create function run(what text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$ begin execute 'select ' || what; end $$`,
    mended: `create or replace function run(what text) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$ begin execute format('select %L', what); end $$`,
  },
  'definer-trigger': {
    broken: `create function copy() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as 'begin return new; end'; create trigger copy after insert on notes for each row execute function copy()`,
  },
  'leakproof-function': {
    broken: `create function peek(text) returns boolean language sql leakproof as 'select true'`,
  },
  'outward-function': { broken: 'create extension dblink schema public' },
  'extension-in-public': {
    broken: 'create extension citext schema public',
    mended: 'create schema extensions; alter extension citext set schema extensions',
  },
  'view-without-barrier': {
    broken: `create view some_notes as select id from notes where body <> 'secret'; grant select on some_notes to $APP`,
  },
  'published-table': {
    broken: 'create publication everything for table tasks, notes',
    mended: 'drop publication everything',
  },
  'no-new-table-guard': {
    broken: 'drop function partywall.guard_new_tables() cascade',
    mended: `create function partywall.guard_new_tables() returns event_trigger language plpgsql as 'begin end'`,
  },
  'no-tenant-index': {
    broken: `do $$ declare it record; begin
      for it in select x.indexrelid::regclass as name, k.conname from pg_index x left join pg_constraint k on k.conindid = x.indexrelid and k.contype in ('p', 'u')
        where x.indrelid = 'notes'::regclass and x.indkey[0] = (select attnum from pg_attribute where attrelid = 'notes'::regclass and attname = 'org_id') loop
        if it.conname is null then execute format('drop index %s', it.name); else execute format('alter table notes drop constraint %I', it.conname); end if;
      end loop; end $$`,
  },
  'unindexed-reference': {
    broken:
      'create table parents (id int primary key); create table kids (id int primary key, parent int references parents)',
  },
  'no-primary-key': { broken: 'create table bare (a int)', mended: 'alter table bare add primary key (a)' },
  'duplicate-index': { broken: 'create index one on notes (body); create index other on notes (body)' },
  'new-table': { broken: 'create table later (id int primary key)', mended: 'drop table later' },
  'command-without-wall': {
    broken: 'drop policy tenant_isolation on notes',
    mended: `create policy tenant_isolation on notes as restrictive to $APP using (${wall}) with check (${wall})`,
  },
  'policy-always-true': {
    broken:
      'create table things (id int primary key); alter table things enable row level security; create policy wide on things to $APP using (true)',
  },
  'policy-restricts-nothing': { broken: 'create policy hollow on notes as restrictive to $APP using (true)' },
  'policy-writes-more': { broken: 'alter policy tenant_isolation on notes with check (true)' },
  'policy-open-without-context': {
    broken: wallIs('partywall.current_tenant_id() is null or org_id = partywall.current_tenant_id()'),
    mended: rebuilt,
  },
  'policy-or-bypass': { broken: wallIs(`current_setting('app.bypass', true) = 'on' or ${wall}`), mended: rebuilt },
  'policy-other-rows': { broken: wallIs(`body = 'public' or ${wall}`), mended: rebuilt },
  'policy-pattern-match': { broken: wallIs(`org_id::text like ${setting} || '%'`), mended: rebuilt },
  'policy-constant-tenant': { broken: wallIs(`org_id = '00000000-0000-0000-0000-000000000001'`), mended: rebuilt },
  'policy-other-column': { broken: wallIs('body = (select partywall.current_tenant_id()::text)'), mended: rebuilt },
  'policy-by-database-role': { broken: wallIs('body = current_user'), mended: rebuilt },
  'policy-without-row': {
    broken: `create policy staff on notes for select to $APP using (current_setting('app.staff', true) = 'yes')`,
    mended: 'drop policy staff on notes',
  },
  'policy-reads-writable': {
    broken: 'create policy through on notes for select to $APP using (body in (select title from tasks))',
    mended: 'drop policy through on notes',
  },
  'policy-immutable-context': {
    broken: `create function context() returns uuid language sql immutable as $$ select nullif(${setting}, '')::uuid $$; ${wallIs('org_id = (select context())')}`,
  },
  'accessor-falls-back': {
    broken: `create function context() returns uuid language sql stable as $$ select coalesce(nullif(${setting}, '')::uuid, '00000000-0000-0000-0000-000000000001') $$; ${wallIs('org_id = (select context())')}`,
    mended: rebuilt,
  },
  'policy-volatile-function': {
    broken: `create function context() returns uuid language plpgsql as $$ begin return nullif(${setting}, '')::uuid; end $$; ${wallIs('org_id = (select context())')}`,
  },
  'policy-per-row-call': { broken: wallIs(`org_id = partywall.require_tenant_id() and org_id = ${setting}::uuid`) },
  'policy-casts-column': { broken: wallIs(`org_id::text = (select ${setting})`), mended: rebuilt },
  'policy-takes-empty-text': { broken: wallIs(`org_id = (select ${setting}::uuid)`), mended: rebuilt },
  'policy-duplicate': {
    broken: `create policy "b ""2" on notes for select to $APP using (body = 'x'); create policy a on notes for select to $APP using (body = 'x')`,
  },
  'policy-overlap': {
    broken: `create policy more on notes for select to $APP using (body = 'x')`,
    mended: 'drop policy more on notes',
  },
}
