-- The ids are digests of numbers, so that the bench knows every row without keeping any, and so that the rows of one
-- organization lie as far apart in the index as random ids do.
set session_replication_role = replica;
insert into partywall.organizations (id, slug, name)
  select md5('organization ' || o)::uuid, 'organization-' || o, 'organization ' || o
  from generate_series(1, /* ORGANIZATIONS */ 1) o;
insert into items (id, org_id, name)
  select md5('item ' || o || ' ' || n)::uuid, md5('organization ' || o)::uuid, 'item ' || n || ' of ' || o
  from generate_series(1, /* ROWS */ 1) n, generate_series(1, /* ORGANIZATIONS */ 1) o;
reset session_replication_role;
