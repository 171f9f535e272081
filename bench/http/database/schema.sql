-- A piece of FlakeGuard as it was with one tenant.
create table test_runs (
  id uuid primary key default gen_random_uuid(),
  repository text not null,
  test_name text not null,
  status text not null,
  duration_ms integer not null,
  started_at timestamptz not null default now()
);
