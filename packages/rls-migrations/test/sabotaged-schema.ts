/** What a service has, small: text keys, a tree, a one-to-one, a join table, people, a list of values, views, functions. */
export const sabotagedSchema: string = `
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
