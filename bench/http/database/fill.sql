-- The ids are digests of numbers, so that the bench knows every row without keeping any, and so that the rows of one
-- organization lie as far apart in the index as random ids do.
set session_replication_role = replica;
insert into partywall.organizations (id, slug, name)
  select md5('organization ' || o)::uuid, 'organization-' || o, 'organization ' || o
  from generate_series(1, /* ORGANIZATIONS */ 1) o;
insert into partywall.memberships (organization_id, user_id, role)
  select md5('organization ' || o)::uuid, 'user-' || o || '-' || u, (array['owner', 'admin', 'member', 'viewer'])[least(u, 4)]
  from generate_series(1, /* MEMBERS */ 1) u, generate_series(1, /* ORGANIZATIONS */ 1) o;
insert into test_runs (id, org_id, repository, test_name, status, duration_ms)
  select md5('run ' || o || ' ' || n)::uuid, md5('organization ' || o)::uuid, 'web', 'test ' || n, 'passed', n
  from generate_series(1, /* ROWS */ 1) n, generate_series(1, /* ORGANIZATIONS */ 1) o;
reset session_replication_role;
