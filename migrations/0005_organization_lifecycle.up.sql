-- 0005_organization_lifecycle: what an organization tells of itself, and its end: deleted, restored within a time, purged.
-- Breaking: no.  Locks: organizations, while the columns come.  Reversible: yes (forgets logins, domains and versions).

alter table /* SCHEMA */partywall.organizations
  add column github_login text,
  add column email_domain text,
  add column version      integer not null default 1,
  add column purge_at     timestamptz,
  add constraint organizations_github_login_check check (github_login ~ '^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$'),
  add constraint organizations_email_domain_check check (
    pg_catalog.length(email_domain) <= 253
    and email_domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$');
comment on column /* SCHEMA */partywall.organizations.github_login is 'What the organization calls itself on GitHub; proves nothing';
comment on column /* SCHEMA */partywall.organizations.email_domain is 'The domain of its e-mail addresses; proves nothing';
comment on column /* SCHEMA */partywall.organizations.version is 'Goes up with every change of what the organization tells of itself';
comment on column /* SCHEMA */partywall.organizations.purge_at is 'Until then a deleted organization can be restored';

-- Purged in this order, whoever is due.
create index organizations_purge_at_idx on /* SCHEMA */partywall.organizations (purge_at) where purge_at is not null;

-- The keys of the changes: slug, name, githubLogin, emailDomain. One that is not there leaves as it is.
create function /* SCHEMA */partywall.update_organization(acting_user text, changes jsonb, expected_version integer) returns integer
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
comment on function /* SCHEMA */partywall.update_organization(text, jsonb, integer) is 'A member changes what the organization tells of itself';

create function /* SCHEMA */partywall.delete_organization(acting_user text, grace_seconds integer) returns timestamptz
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  due timestamptz;
begin
  perform /* SCHEMA */partywall.lock_organization(tenant::text,
    /* SCHEMA */partywall.require_acting_user(acting_user), 'organization:delete');
  update /* SCHEMA */partywall.organizations o
  set status = 'deleted', purge_at = now() + make_interval(secs => greatest(grace_seconds, 0)), version = o.version + 1, updated_at = now()
  where o.id = tenant returning o.purge_at into due;
  return due;
end
$function$;
comment on function /* SCHEMA */partywall.delete_organization(text, integer) is 'A member deletes the organization, which can be restored for a time';

-- Active first and asked then: who restores is asked as a member of an active organization, and a refusal takes it back.
create function /* SCHEMA */partywall.restore_organization(acting_user text) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  new_version integer;
begin
  update /* SCHEMA */partywall.organizations o
  set status = 'active', purge_at = null, version = o.version + 1, updated_at = now()
  where o.id = tenant and o.status = 'deleted' and o.purge_at > now()
  returning o.version into new_version;
  if not found then
    raise exception 'the organization is not deleted, or not to be restored any more' using errcode = 'PW016';
  end if;
  perform /* SCHEMA */partywall.lock_organization(tenant::text,
    /* SCHEMA */partywall.require_acting_user(acting_user), 'organization:delete');
  return new_version;
end
$function$;
comment on function /* SCHEMA */partywall.restore_organization(text) is 'A member restores the organization that was deleted';

grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.update_organization(text, jsonb, integer) from public;
revoke all on function /* SCHEMA */partywall.delete_organization(text, integer) from public;
revoke all on function /* SCHEMA */partywall.restore_organization(text) from public;
grant execute on function /* SCHEMA */partywall.update_organization(text, jsonb, integer) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.delete_organization(text, integer) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.restore_organization(text) to /* ROLE app */partywall_app;
alter function /* SCHEMA */partywall.update_organization(text, jsonb, integer) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.delete_organization(text, integer) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.restore_organization(text) owner to /* ROLE operator */partywall_operator;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
