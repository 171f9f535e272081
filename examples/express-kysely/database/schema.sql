-- The single-tenant schema: one team keeps notes on its projects.

create table users (
  id text not null,
  email text not null,
  constraint users_pkey primary key (id)
);
create unique index users_email_key on users (email);

create table projects (
  id integer generated always as identity,
  name text not null,
  constraint projects_pkey primary key (id)
);
create unique index projects_name_key on projects (name);

create table notes (
  id integer generated always as identity,
  project_id integer not null,
  author_id text,
  body text not null,
  created_at timestamptz not null default now(),
  constraint notes_pkey primary key (id),
  constraint notes_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
  constraint notes_author_id_fkey foreign key (author_id) references users (id) on delete set null
);
create index notes_project_id_idx on notes (project_id);
