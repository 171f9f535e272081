import type { PartywallConfig } from '../src/config/conversion-config.ts'

/** A schema that is right, and unusual: the proof must find nothing in it. */
export interface UnusualSchema {
  readonly sql: string
  readonly config?: PartywallConfig
  /** What only a superuser may make, before the conversion. */
  readonly admin?: string
}

/** What real services have beside the ordinary, one idea each. */
export const unusualSchemas: Readonly<Record<string, UnusualSchema>> = {
  'partitions that a hash chooses: of a number, of a reference, of both, on an empty database': {
    sql: `create table accounts (id bigint generated always as identity primary key, name text not null);
      create table entries (id uuid not null, slot smallint not null check (slot between 1 and 9000), primary key (id, slot)) partition by hash (slot);
      create table moves (account bigint not null references accounts on delete cascade, at date not null, primary key (account, at)) partition by hash (account);
      create table seats (account bigint not null references accounts, seat text not null, taken boolean not null default false, primary key (account, seat)) partition by hash (seat, account);
      do $$ begin for n in 0..1 loop
        execute format('create table entries_%s partition of entries for values with (modulus 64, remainder %s)', n, n * 16);
        execute format('create table moves_%s partition of moves for values with (modulus 4, remainder %s)', n, n);
        execute format('create table seats_%s partition of seats for values with (modulus 4, remainder %s)', n, n);
      end loop; end $$`,
  },
  'partitions that a hash of the organization chooses': {
    sql: `create table teams (id uuid primary key default gen_random_uuid(), name text not null, slug text not null unique); insert into teams (name, slug) values ('Red', 'red');
      create table scores (team_id uuid not null references teams, game int not null, points int not null, primary key (team_id, game)) partition by hash (team_id);
      create table scores_0 partition of scores for values with (modulus 3, remainder 0); create table scores_1 partition of scores for values with (modulus 3, remainder 1); create table scores_2 partition of scores for values with (modulus 3, remainder 2)`,
    config: { root: { table: 'teams', name: 'name', slug: 'slug' }, tenantColumn: 'team_id' },
  },
  'partitions of a table without a key, on an empty database': {
    sql: `create table lines (at date not null, line text) partition by range (at); create table lines_2026 partition of lines for values from ('2026-01-01') to ('2027-01-01')`,
  },
  'text keys that people choose': {
    sql: `create table countries (code text primary key check (code ~ '^[A-Z]{2}$'), name text not null unique);
      create table cities (country text references countries on update cascade, name text, primary key (country, name));
      insert into countries values ('AT', 'Austria')`,
  },
  'keys of three columns, and a child of them': {
    sql: `create table shelves (hall int, aisle int, shelf text, primary key (hall, aisle, shelf));
      create table boxes (id uuid primary key default gen_random_uuid(), hall int, aisle int, shelf text, foreign key (hall, aisle, shelf) references shelves match full on delete set null)`,
  },
  'a tree that refuses to lose its branches': {
    sql: `create table nodes (id bigint generated always as identity primary key, up bigint references nodes on delete restrict, depth int not null default 0 check (depth >= 0))`,
  },
  'two tables that need each other': {
    sql: `create table teams (id int primary key, lead int); create table members (id int primary key, team int not null references teams deferrable initially deferred);
      alter table teams add foreign key (lead) references members deferrable initially deferred`,
  },
  'lists that everybody shares': {
    sql: `create table currencies (code char(3) primary key, name text not null); insert into currencies values ('EUR', 'Euro'), ('TWD', 'Dollar');
      create table prices (id serial primary key, currency char(3) not null references currencies, amount numeric(12, 2) not null check (amount >= 0))`,
    config: { tables: { shared: ['currencies'] } },
  },
  'people in many organizations, with profiles': {
    sql: `create table users (id uuid primary key default gen_random_uuid(), email text not null unique check (email like '%@%'));
      create table posts (id serial primary key, author uuid not null references users on delete cascade, body text not null)`,
    config: { users: { table: 'users' } },
  },
  'policies of the host': {
    sql: `create table documents (id int primary key, title text not null, deleted_at timestamptz);
      alter table documents enable row level security;
      create policy living on documents as restrictive for select to public using (deleted_at is null)`,
  },
  'soft deletes by a trigger': {
    sql: `create table notes (id int primary key, body text, updated_at timestamptz not null default now());
      create function stamp() returns trigger language plpgsql as $$ begin new.updated_at := clock_timestamp(); return new; end $$;
      create trigger stamp before insert or update on notes for each row execute function stamp()`,
  },
  'keys that a trigger rewrites': {
    sql: `create table pages (slug text primary key, title text not null);
      create function slugify() returns trigger language plpgsql as $$ begin new.slug := lower(regexp_replace(new.slug, '[^a-zA-Z0-9]+', '-', 'g')); return new; end $$;
      create trigger slugify before insert or update on pages for each row execute function slugify()`,
  },
  'domains, enums and checks of many columns': {
    sql: `create type state as enum ('draft', 'live', 'gone'); create domain percent as numeric(5, 2) check (value between 0 and 100); create domain handle as text check (value ~ '^[a-z][a-z0-9_]{2,20}$');
      create table campaigns (id uuid primary key, owner handle not null, state state not null, share percent not null, starts date not null, ends date not null, check (ends >= starts));
      insert into campaigns values (gen_random_uuid(), 'somebody', 'live', 50, '2026-01-01', '2026-02-01')`,
  },
  'checks of every kind, on an empty database': {
    sql: `create domain plate as text check (value ~ '^[A-Z]{1,3}-[0-9]{2,4}$'); create domain rating as int check (value between 1 and 5);
      create table cars (plate plate primary key, wheels int not null check (wheels >= 3 and wheels <= 8), fuel text not null check (fuel in ('petrol', 'sun', 'wind')), stars rating not null,
        colour varchar(7) not null unique check (colour ~ '^#[0-9a-f]{6}$'), maker text not null check (char_length(maker) between 20 and 30), price numeric(9, 2) not null check (price > 1000), site text check (site ~* '^https?://.+'))`,
  },
  'columns that the server computes': {
    sql: `create table lines (id int generated always as identity primary key, price numeric(10, 2) not null, amount int not null, total numeric generated always as (price * amount) stored, label text generated always as ('line of ' || amount) stored)`,
  },
  'rooms that cannot be booked twice': {
    sql: `create extension if not exists btree_gist; create table bookings (id uuid primary key default gen_random_uuid(), room int not null, during tstzrange not null, exclude using gist (room with =, during with &&))`,
  },
  'unique where something holds': {
    sql: `create table addresses (id int primary key, person int not null, email text not null, main boolean not null default false);
      create unique index on addresses (person) where main; create unique index on addresses (lower(email))`,
  },
  'tables without any key': {
    sql: `create table events (at timestamptz not null default now(), line text); create table pairs (a int not null, b int not null); create unique index on pairs (a, b);
      insert into events (line) values ('x'), ('x')`,
  },
  'names that need quotes, in schemas of their own': {
    sql: `create schema "Sales Dept"; create schema sales; create table "Sales Dept"."Order" ("Id" int primary key, "from" text); create table sales."Order" (id int primary key, "select" int references "Sales Dept"."Order" ("Id"))`,
  },
  'views upon views': {
    sql: `create table jobs (id int primary key, state text not null, cost int); create view open_jobs with (security_barrier) as select * from jobs where state <> 'done';
      create table bills (id bigint generated always as identity primary key, code text not null unique, paid boolean); create view unpaid as select id, code from bills where not paid; create view numbers as select id from bills;
      create view dear_jobs as select id, cost from open_jobs where cost > 10 with local check option; create materialized view job_costs as select sum(cost) from jobs`,
  },
  'functions of every kind': {
    sql: `create table tasks (id int primary key, title text not null default '');
      create function title_of(task int, otherwise text default 'none') returns text language sql stable as 'select coalesce((select title from public.tasks where id = task), otherwise)';
      create function all_titles() returns setof public.tasks language sql stable as 'select * from public.tasks';
      create function longest(variadic words text[]) returns text language sql immutable as 'select word from unnest(words) word order by length(word) desc limit 1';
      create function rolled() returns double precision language sql volatile as 'select random()';
      create function when_now() returns timestamptz language sql volatile as 'select clock_timestamp()';
      create function first_of(anyelement, anyelement) returns anyelement language sql immutable as 'select $1';
      create function mine(task int) returns text language plpgsql stable security definer set search_path = pg_catalog as $$ begin return (select title from public.tasks where id = task); end $$;
      create procedure tidy() language sql as 'update public.tasks set title = title'`,
  },
  'reports for another role': {
    sql: `create table sales (id serial primary key, amount int not null); grant select on sales to public; grant select (amount) on sales to pg_monitor`,
  },
  'a column and a setting by other names': {
    sql: `create table tenants_things ("id" text primary key, "orgName" text); insert into tenants_things values ('a', 'b')`,
    config: { tenantColumn: 'workspaceId', setting: 'workspace.current' },
  },
  'large values and arrays': {
    sql: `create table blobs (id uuid primary key, body bytea not null, tags text[] not null default '{}' check (cardinality(tags) < 5), data jsonb not null check (jsonb_typeof(data) = 'object'), spans int4range[]);
      insert into blobs select gen_random_uuid(), decode(repeat('ab', 20000), 'hex'), '{a}', '{"a":1}', '{"[1,2)"}' from generate_series(1, 20)`,
  },
  'one-to-one and many-to-many': {
    sql: `create table a (id int primary key); create table b (a int primary key references a on delete cascade); create table c (id int primary key); create table a_c (a int references a on delete cascade, c int references c on delete cascade, primary key (a, c))`,
  },
  'numbers by a counter of the host': {
    sql: `create table counters (name text primary key, last int not null default 0); create table invoices (id int primary key, number int unique, name text references counters);
      create function next_number(counter text) returns int language sql volatile security definer set search_path = pg_catalog as $$ update public.counters set last = last + 1 where name = counter returning last $$`,
  },
  'names of 63 bytes, and event triggers of the host': {
    sql: `create table a_name_that_is_as_long_as_a_name_may_be_and_not_a_single_letter (c1_a_name_that_is_as_long_as_a_name_may_be_and_not_a_single_let int primary key, c2_a_name_that_is_as_long_as_a_name_may_be_and_not_a_single_let text not null unique);
      create table a_name_that_is_as_long_as_a_name_may_be_and_not_a_single_lettey (c1_a_name_that_is_as_long_as_a_name_may_be_and_not_a_single_let int primary key, c2_a_name_that_is_as_long_as_a_name_may_be_and_not_a_single_let int not null references a_name_that_is_as_long_as_a_name_may_be_and_not_a_single_letter on delete cascade, constraint k1_a_name_that_is_as_long_as_a_name_may_be_and_not_a_single_let unique (c2_a_name_that_is_as_long_as_a_name_may_be_and_not_a_single_let));
      create view v1_a_name_that_is_as_long_as_a_name_may_be_and_not_a_single_let as select * from a_name_that_is_as_long_as_a_name_may_be_and_not_a_single_letter`,
    admin: `create function public.tell_about() returns event_trigger language plpgsql as $$ begin raise notice '% %', tg_event, tg_tag; end $$;
      create event trigger partywall_test_tell on ddl_command_end execute function public.tell_about();
      create event trigger partywall_test_drop on sql_drop execute function public.tell_about()`,
  },
  'heirs, identities of both kinds, and keys and exclusions that are checked late': {
    sql: `create table assets (id int primary key, label text not null);
      create table machines (power int not null, primary key (id)) inherits (assets);
      create table robots (arms int not null default 2 check (arms > 0), unique (id)) inherits (machines);
      insert into machines values (1, 'lathe', 9); insert into robots values (2, 'arm', 3, 1);
      create table tickets (id bigint generated always as identity (start with 1000 increment by 10) primary key, number int generated by default as identity unique, title text);
      create table replies (id smallint generated always as identity primary key, ticket bigint not null references tickets);
      create table steps (id int primary key, list int not null, place int not null, constraint steps_place unique (list, place) deferrable initially deferred);
      create table links (id int primary key, step int not null references steps deferrable, next int references links deferrable initially deferred, unique (step) deferrable);
      create extension if not exists btree_gist; create table shifts (id int primary key, worker text not null, during daterange not null check (not isempty(during)), constraint shifts_overlap exclude using gist (worker with =, during with &&) where (worker <> 'nobody') deferrable initially deferred)`,
  },
  'columns of composite types': {
    sql: `create domain latitude as numeric(8, 5) check (value between -90 and 90); create type place as (lat latitude, lon numeric(8, 5)); create type address as (street text, at place);
      create table shops (id int primary key, address address not null, before address[], unique (address));
      insert into shops values (1, row('Main Street', row(48.2, 16.4)::place)::address, null)`,
  },
  'a root whose key is a domain, and domains over domains': {
    sql: `create domain team_key as uuid check (value <> '00000000-0000-0000-0000-000000000000'::uuid); create domain words as text check (value <> ''); create domain title as words not null check (length(value) between 1 and 80);
      create table teams (id team_key primary key default gen_random_uuid(), name title);
      create table boards (id serial primary key, team_id team_key not null references teams on delete cascade, name title);
      create table cards (id serial primary key, board int not null references boards on delete cascade, name title)`,
    config: { root: { table: 'teams', name: 'name' } },
  },
}
