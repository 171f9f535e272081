-- 0016_github_logins: one organization has a login of GitHub, in whichever case, of the length that GitHub allows.
-- Breaking: where two organizations have one login, until one of them gives it up.  Locks: organizations, while it is
-- looked through.  Reversible: yes.

-- Told before PostgreSQL tells of one of them, and of no organization.
do $check$
declare
  useless text;
begin
  select pg_catalog.string_agg(pg_catalog.format('"%s" of %s', l.login, l.slugs), '; ') into useless
  from (
    select pg_catalog.lower(o.github_login) as login, pg_catalog.string_agg(o.slug, ', ' order by o.slug) as slugs
    from /* SCHEMA */partywall.organizations o group by 1
    having pg_catalog.count(*) > 1 or pg_catalog.length(pg_catalog.lower(o.github_login)) > 39 order by 1 limit 20
  ) l where l.login is not null;
  if useless is not null then
    raise exception 'two organizations have one login of GitHub, or a login is longer than 39 characters: %', useless using errcode = 'PW069';
  end if;
end
$check$;

alter table /* SCHEMA */partywall.organizations
  add constraint organizations_github_login_length_check check (pg_catalog.length(github_login) <= 39);
create unique index organizations_github_login_key on /* SCHEMA */partywall.organizations (pg_catalog.lower(github_login));

-- As in 0005, and tells which of the two is taken. Replaced by its owner, which is the operator.
grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
set local role /* ROLE operator */partywall_operator;
create or replace function /* SCHEMA */partywall.update_organization(acting_user text, changes jsonb, expected_version integer) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  new_version integer;
  taken text;
begin
  perform /* SCHEMA */partywall.lock_organization(tenant::text,
    /* SCHEMA */partywall.require_acting_user(acting_user), 'organization:update');
  update /* SCHEMA */partywall.organizations o
  set slug = coalesce(changes ->> 'slug', o.slug), name = coalesce(changes ->> 'name', o.name),
    github_login = case when changes ? 'githubLogin' then changes ->> 'githubLogin' else o.github_login end,
    email_domain = case when changes ? 'emailDomain' then changes ->> 'emailDomain' else o.email_domain end,
    version = o.version + 1, updated_at = now()
  where o.id = tenant and (expected_version is null or o.version = expected_version)
  returning o.version into new_version;
  if not found then
    raise exception 'the organization has changed since version %', expected_version using errcode = 'PW014';
  end if;
  return new_version;
exception when unique_violation then
  get stacked diagnostics taken = constraint_name;
  if taken = 'organizations_github_login_key' then
    raise exception 'the login is taken' using errcode = 'PW068';
  end if;
  raise exception 'the slug is taken' using errcode = 'PW015';
end
$function$;
reset role;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
