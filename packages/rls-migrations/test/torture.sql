-- A schema with what ordinary schemas have, all at once: names that need quotes, keys of every kind, views on views.
create schema "Odd Schema";
create type mood as enum ('calm', 'wild');
create domain short_text as text check (length(value) < 100);

create table "Odd Schema"."Weird ""Table" (
  "Key Column" text not null,
  "group" int not null,
  "select" short_text unique,
  moods mood[] not null default '{}',
  constraint "pk of weird" primary key ("Key Column", "group")
);

create table a_table_whose_name_is_exactly_as_long_as_postgresql_allows_it_ (
  id bigint generated always as identity primary key,
  a_column_whose_name_is_exactly_as_long_as_postgresql_allows_it__ text not null unique,
  twin_a_column_whose_name_is_exactly_as_long_as_postgresql_allow text unique
);

create table people (
  id uuid primary key default gen_random_uuid(),
  email text not null,
  code text not null,
  manager uuid references people (id) on delete set null,
  nick text,
  valid_from date,
  payload jsonb not null default '{}',
  total numeric(12, 2) generated always as (length(code)) stored,
  constraint people_code_key unique (code) deferrable initially deferred,
  constraint people_nick_key unique (nick) include (valid_from)
);
create unique index people_email_lower_idx on people (lower(email));
create unique index people_valid_idx on people (code, valid_from desc nulls last) where nick is null;
create index people_payload_idx on people using gin (payload);
create index people_from_idx on people using brin (valid_from);
create index people_email_hash_idx on people using hash (email);
create index people_partial_idx on people (email collate "C" text_pattern_ops) where valid_from is not null;

create table weird_children (
  n serial primary key,
  weird_key text,
  weird_group int,
  person uuid not null references people on delete cascade on update cascade,
  foreign key (weird_key, weird_group) references "Odd Schema"."Weird ""Table" match full on delete restrict
);
create table log_lines (at timestamptz not null default now(), line text, person uuid references people (id) on delete set default);
create table people_tags (person uuid references people on delete cascade, tag text, primary key (person, tag));
create table tag_votes (
  id int primary key, person uuid, tag text, rank int,
  foreign key (person, tag) references people_tags (person, tag) on update cascade on delete cascade deferrable,
  unique nulls not distinct (person, rank)
);
create table no_key (a int, b text);
create table parted (id int not null, at date not null) partition by range (at);
create table parted_2026 partition of parted for values from ('2026-01-01') to ('2027-01-01');
grant select on parted to public;

create view people_view as select p.*, (select count(*) from people_tags t where t.person = p.id) as tags from people p;
create view people_view_again with (security_barrier) as select email, tags from people_view;
create view invoker_view with (security_invoker = false) as select * from no_key;
create materialized view people_summary as select count(*) as people from people;
grant select on people_summary to public;
grant select on people_view_again to public;
grant all on no_key to public;

create function who_is(wanted text, out found text) language plpgsql security definer set search_path = public as $$ begin select email into found from people where code = wanted; end $$;
create procedure clear_log() language sql security definer set search_path = public as 'delete from log_lines';
create function stamp() returns trigger language plpgsql security definer set search_path = public as $$ begin insert into log_lines (line) values (new.email); return new; end $$;
create trigger people_stamp after insert on people for each row execute function stamp();
create function touch() returns trigger language plpgsql as $$ begin return old; end $$;
create trigger tags_touch before delete on people_tags for each row execute function touch();

insert into "Odd Schema"."Weird ""Table" values ('k', 1, 'x', '{calm,wild}');
insert into people (email, code) select 'p' || n || '@example.com', 'c' || n from generate_series(1, 50) n;
update people set manager = (select id from people where code = 'c1') where code <> 'c1';
insert into weird_children (weird_key, weird_group, person) select 'k', 1, id from people;
insert into people_tags select id, 'tag' from people;
insert into tag_votes select row_number() over (), person, tag, 1 from people_tags;
insert into no_key values (1, 'a'), (1, 'a');
insert into parted values (1, '2026-05-05');

create table grouped (code text primary key, size int);
create view grouped_view as select code, size, count(*) from grouped group by code;
insert into grouped values ('a', 1);
