-- A service that has teams already: a task belongs to a project, and a project to a team.
create table teams (id bigint generated always as identity primary key, name text not null, slug text unique);
create table users (id serial primary key, email text not null unique);
create table labels (id serial primary key, name text not null);
create table projects (
  id bigserial primary key, team_id bigint not null references teams on delete cascade,
  name text not null, unique (team_id, name)
);
create table tasks (
  id serial primary key, project_id bigint not null references projects on delete cascade,
  parent_id int references tasks, author int references users, title text not null
);
-- A comment hangs on a task, or on a project itself.
create table comments (
  id serial primary key, task_id int references tasks, project_id bigint references projects, body text not null
);
create table task_labels (task_id int not null references tasks, label_id int not null references labels);
create index on tasks (title);
create index on tasks (project_id);
create index on tasks (parent_id);
create index on comments (task_id);
create index on comments (project_id);
create index on task_labels (task_id);
insert into teams (name, slug) values ('Red', 'red'), ('Blue', 'Not a slug'), ('Green', null);
insert into users (email) values ('anna@example.com'), ('bernd@example.com');
insert into labels (name) values ('bug'), ('idea');
insert into projects (team_id, name) select 1 + n % 3, 'project ' || n from generate_series(1, 30) n;
insert into tasks (project_id, author, title) select 1 + n % 30, 1 + n % 2, 'task ' || n from generate_series(1, 3000) n;
update tasks set parent_id = id - 30 where id > 30;
insert into comments (task_id, project_id, body)
  select case when n % 2 = 0 then n end, case when n % 2 = 1 then 1 + n % 30 end, 'comment ' || n from generate_series(1, 2000) n;
insert into task_labels select n, 1 + n % 2 from generate_series(1, 1000) n;
