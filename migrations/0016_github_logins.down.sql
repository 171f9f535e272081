grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
set local role /* ROLE operator */partywall_operator;
create or replace function /* SCHEMA */partywall.update_organization(acting_user text, changes jsonb, expected_version integer) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  new_version integer;
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
  raise exception 'the slug is taken' using errcode = 'PW015';
end
$function$;
reset role;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;

drop index /* SCHEMA */partywall.organizations_github_login_key;
alter table /* SCHEMA */partywall.organizations drop constraint organizations_github_login_length_check;
