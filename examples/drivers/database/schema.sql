create table repositories (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  stars integer not null default 0
);

create table test_runs (
  id uuid primary key default gen_random_uuid(),
  repository_id uuid not null references repositories (id) on delete cascade,
  outcome text not null
);
