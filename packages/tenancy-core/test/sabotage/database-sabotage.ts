/** What a conversion gets wrong, as the SQL that breaks a database that was converted well. */
export function databaseSabotages(appRole: string): Readonly<Record<string, string>> {
  const app = `"${appRole}"`
  const using = (condition: string): string => `alter policy tenant_isolation on repositories using (${condition})`
  const own = 'org_id = (select partywall.require_tenant_id())'
  return {
    'table without its policy': 'drop policy tenant_isolation on repositories',
    'policy that checks no writes': 'alter policy tenant_isolation on repositories with check (true)',
    'policy with a way round': using(`${own} or current_setting('app.bypass', true) = 'on'`),
    'policy that casts the column': using('org_id::text = (select partywall.require_tenant_id()::text)'),
    'policy that is open without a tenant': using(
      'org_id = partywall.current_tenant_id() or partywall.current_tenant_id() is null',
    ),
    'policy that casts the setting': using(`org_id = current_setting('app.current_tenant_id', true)::uuid`),
    'tenant function that is immutable': 'alter function partywall.require_tenant_id() immutable',
    'key without the tenant': `
      alter table tests drop constraint tests_repository_id_fkey_tenant;
      alter table tests add foreign key (repository_id) references repositories (id) on delete cascade`,
    'unique across tenants': `create unique index on repositories (name) where name like 'secret-%'`,
    'view of a superuser': `
      alter view repository_names set (security_invoker = false);
      alter view repository_names owner to current_user`,
    'definer function of a superuser': 'alter function repository_total() owner to current_user',
    'materialized view that is granted': `grant select on repository_totals to ${app}`,
    'partition without a policy': 'alter table runs_2026 disable row level security',
    'TRUNCATE that is granted': `grant truncate on all tables in schema public to ${app}`,
    'default of another tenant': `
      alter table repositories alter column org_id set default '00000000-0000-4000-8000-000000000000'`,
  }
}
