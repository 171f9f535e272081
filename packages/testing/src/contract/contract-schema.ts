/** The schema of a single-tenant service, before it is converted: what the promises about the database need. */
export const contractSchemaSql: string = `
create table repositories (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  labels jsonb not null default '{}'
);
create index repositories_labels_idx on repositories using gin (labels);
create table tests (
  id uuid primary key default gen_random_uuid(),
  repository_id uuid not null references repositories (id) on delete cascade,
  title text not null
);
create view repository_names as select id, name from repositories;
create materialized view repository_totals as select count(*) as total from repositories;
create function repository_total() returns bigint
  language sql stable security definer set search_path = public as 'select count(*) from repositories';
`

/** A partitioned table, which a conversion leaves to its owner: parent and partition in the shape of a tenant table. */
export function partitionedTableSql(appRole: string): string {
  const protect = (table: string): string => `
    create policy tenant_access on ${table} for all to "${appRole}" using (true) with check (true);
    create policy tenant_isolation on ${table} as restrictive for all to "${appRole}"
      using (org_id = (select partywall.require_tenant_id())) with check (org_id = (select partywall.require_tenant_id()));
    alter table ${table} enable row level security;
    grant select, insert, update, delete on ${table} to "${appRole}";`
  return `
    create table runs (org_id uuid not null default partywall.current_tenant_id(), at date not null, outcome text not null)
      partition by range (at);
    create table runs_2026 partition of runs for values from ('2026-01-01') to ('2027-01-01');
    ${protect('runs')}
    ${protect('runs_2026')}`
}
