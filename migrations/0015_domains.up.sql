-- 0015_domains: e-mail domains that organizations proved to be theirs, and who may join by an address of one.
-- Breaking: no.  Locks: organizations and roles, for the foreign keys.  Reversible: yes (forgets the domains; members stay).
--
-- What proves a domain is a TXT record, which the service looks up: the records that it saw come with the call.

create table /* SCHEMA */partywall.domains (
  organization_id /* KEY */uuid not null,
  domain          text not null,
  challenge       text not null,
  status          text not null default 'pending',
  policy          text not null default 'manual',
  role            text not null default 'member',
  verified_at     timestamptz,
  checked_at      timestamptz,
  created_at      timestamptz not null default pg_catalog.now(),
  updated_at      timestamptz not null default pg_catalog.now(),
  constraint domains_pkey primary key (organization_id, domain),
  constraint domains_organization_id_fkey foreign key (organization_id)
    references /* SCHEMA */partywall.organizations (id) on delete cascade,
  constraint domains_role_fkey foreign key (role) references /* SCHEMA */partywall.roles (name),
  constraint domains_domain_check check (
    pg_catalog.length(domain) <= 242
    and domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$'),
  constraint domains_challenge_check check (pg_catalog.length(challenge) between 32 and 100),
  constraint domains_status_check check (status in ('pending', 'verified') and (status = 'verified') = (verified_at is not null)),
  constraint domains_policy_check check (policy in ('manual', 'automatic', 'suggestion'))
);
comment on table /* SCHEMA */partywall.domains is 'E-mail domains of organizations, and what an address of one is good for';
-- Two may claim a domain, and one has it: whoever proves it at the same time, in whatever isolation level.
create unique index domains_verified_key on /* SCHEMA */partywall.domains (domain) where status = 'verified';
create index domains_role_idx on /* SCHEMA */partywall.domains (role);
create index domains_checked_at_idx on /* SCHEMA */partywall.domains (checked_at) where status = 'verified';

create policy tenant_access on /* SCHEMA */partywall.domains
  as permissive for all to /* ROLE app */partywall_app using (true) with check (true);
create policy tenant_isolation on /* SCHEMA */partywall.domains
  as restrictive for all to /* ROLE app */partywall_app
  using (organization_id = (select /* SCHEMA */partywall.require_tenant_id()))
  with check (organization_id = (select /* SCHEMA */partywall.require_tenant_id()));
create policy operator_access on /* SCHEMA */partywall.domains
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.domains enable row level security;

grant select on /* SCHEMA */partywall.domains to /* ROLE app */partywall_app;
grant select, insert, update, delete on /* SCHEMA */partywall.domains to /* ROLE operator */partywall_operator;

create function /* SCHEMA */partywall.tell_domains() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  -- As of the events of members: the owner of the database writes with row_security = off.
  set row_security = on
  as $function$
declare
  told record;
  event text;
begin
  if tg_op = 'DELETE' then
    told := old;
    event := 'domain.released';
    -- Those that go with their organization are not told one by one.
    perform from /* SCHEMA */partywall.organizations o where o.id = old.organization_id;
    if not found then
      return null;
    end if;
  else
    told := new;
    event := case when tg_op = 'INSERT' then 'domain.added'
      when new.status = 'verified' and old.status <> 'verified' then 'domain.verified'
      when new.status <> 'verified' and old.status = 'verified' then 'domain.lapsed'
      when (new.policy, new.role) is distinct from (old.policy, old.role) then 'domain.policy_changed' end;
  end if;
  if event is not null then
    perform /* SCHEMA */partywall.append_events(array[told.organization_id], array[event],
      array[jsonb_build_object('domain', told.domain, 'policy', told.policy, 'role', told.role)], /* SCHEMA */partywall.noted_actor());
  end if;
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.tell_domains() is 'Appends the event of a domain that was written';
create trigger tell_domains after insert or update or delete on /* SCHEMA */partywall.domains
  for each row execute function /* SCHEMA */partywall.tell_domains();

-- Nobody proved anything yet: that another organization claims the domain, or has it, is not told.
create function /* SCHEMA */partywall.add_domain(acting_user text, added_domain text, new_challenge text) returns timestamptz
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  since timestamptz;
begin
  perform /* SCHEMA */partywall.lock_organization(tenant::text, /* SCHEMA */partywall.require_acting_user(acting_user), 'domains:create');
  insert into /* SCHEMA */partywall.domains as d (organization_id, domain, challenge) values (tenant, added_domain, new_challenge)
  on conflict (organization_id, domain) do nothing returning d.created_at into since;
  if not found then
    raise exception 'the organization has the domain already' using errcode = 'PW061';
  end if;
  return since;
end
$function$;
comment on function /* SCHEMA */partywall.add_domain(text, text, text) is 'A member claims a domain for the organization';

-- Whoever can write the records of a domain decides whose it is. An organization whose own record is not among them any more
-- gives way to one whose record is: a domain that changed hands is not held by who had it before.
create function /* SCHEMA */partywall.confirm_domain(acting_user text, confirmed_domain text, seen text[]) returns timestamptz
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  since timestamptz := clock_timestamp();
  wanted text;
begin
  perform /* SCHEMA */partywall.lock_organization(tenant::text, /* SCHEMA */partywall.require_acting_user(acting_user), 'domains:update');
  select d.challenge into wanted from /* SCHEMA */partywall.domains d
  where d.organization_id = tenant and d.domain = confirmed_domain for update;
  if not found then
    raise exception 'the organization does not have the domain' using errcode = 'PW062';
  end if;
  if not coalesce(wanted = any(seen), false) then
    raise exception 'no record proves the domain' using errcode = 'PW063';
  end if;
  -- The other organization does not learn who took the domain over.
  perform set_config('partywall.acting_user', '', true);
  update /* SCHEMA */partywall.domains d set status = 'pending', verified_at = null, updated_at = since
  where d.domain = confirmed_domain and d.organization_id <> tenant and d.status = 'verified' and not d.challenge = any(seen);
  perform set_config('partywall.acting_user', acting_user, true);
  update /* SCHEMA */partywall.domains d
  set status = 'verified', verified_at = coalesce(d.verified_at, since), checked_at = since, updated_at = since
  where d.organization_id = tenant and d.domain = confirmed_domain returning d.verified_at into since;
  return since;
exception when unique_violation then
  raise exception 'another organization has the domain' using errcode = 'PW064';
end
$function$;
comment on function /* SCHEMA */partywall.confirm_domain(text, text, text[]) is 'A member proves a domain by the records that were seen';

-- Whoever joins by an address stands no higher than a member, and below who lets them in.
create function /* SCHEMA */partywall.set_domain_policy(acting_user text, changed_domain text, new_policy text, new_role text) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  acting_rank integer := /* SCHEMA */partywall.lock_organization(tenant::text, /* SCHEMA */partywall.require_acting_user(acting_user), 'domains:update');
begin
  perform /* SCHEMA */partywall.assert_outranks(acting_rank, new_role);
  perform from /* SCHEMA */partywall.roles r where r.name = new_role and r.rank <= 50 for share;
  if not found then
    raise exception 'who joins by a domain stands no higher than a member' using errcode = 'PW065';
  end if;
  update /* SCHEMA */partywall.domains d set policy = new_policy, role = new_role, updated_at = clock_timestamp()
  where d.organization_id = tenant and d.domain = changed_domain;
  if not found then
    raise exception 'the organization does not have the domain' using errcode = 'PW062';
  end if;
end
$function$;
comment on function /* SCHEMA */partywall.set_domain_policy(text, text, text, text) is 'A member decides what an address of a domain is good for';

create function /* SCHEMA */partywall.release_domain(acting_user text, released_domain text) returns text
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
begin
  perform /* SCHEMA */partywall.lock_organization(tenant::text, /* SCHEMA */partywall.require_acting_user(acting_user), 'domains:delete');
  delete from /* SCHEMA */partywall.domains d where d.organization_id = tenant and d.domain = released_domain;
  if not found then
    raise exception 'the organization does not have the domain' using errcode = 'PW062';
  end if;
  return released_domain;
end
$function$;
comment on function /* SCHEMA */partywall.release_domain(text, text) is 'A member gives a domain up';

-- Asked before a tenant is known, for an address that the service has verified. At most one row: one organization has a domain.
create function /* SCHEMA */partywall.find_joinable(requesting_user text, address_domain text)
  returns table (organization_id /* KEY */uuid, slug text, name text, policy text, role text)
  language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
  rows 1
  as $function$
    select o.id, o.slug, o.name, d.policy, d.role
    from /* SCHEMA */partywall.domains d join /* SCHEMA */partywall.organizations o on o.id = d.organization_id
    where d.domain = address_domain and d.status = 'verified' and d.policy <> 'manual' and o.status = 'active'
      and not exists (select from /* SCHEMA */partywall.memberships m
        where m.organization_id = o.id and m.user_id = requesting_user and m.status <> 'pending')
  $function$;
comment on function /* SCHEMA */partywall.find_joinable(text, text) is 'Lookup before a tenant is known: the organization that an address of a domain may join';

-- One answer for an organization that is unknown, is not active, or does not have the domain.
create function /* SCHEMA */partywall.join_by_domain(joining_user text, organization text, address_domain text)
  returns table (member_role text, member_since timestamptz)
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid;
  door record;
begin
  perform set_config('partywall.acting_user', /* SCHEMA */partywall.require_acting_user(joining_user), true);
  select o.id into tenant from /* SCHEMA */partywall.organizations o
  where o.id::text = organization and o.status = 'active' for no key update;
  select d.policy, d.role, r.rank into door
  from /* SCHEMA */partywall.domains d join /* SCHEMA */partywall.roles r on r.name = d.role
  where d.organization_id = tenant and d.domain = address_domain and d.status = 'verified' and d.policy <> 'manual'
  for share of d, r;
  if not found then
    raise exception 'nobody joins the organization by that domain' using errcode = 'PW066';
  end if;
  if door.policy <> 'automatic' then
    raise exception 'who joins by that domain is invited' using errcode = 'PW067';
  end if;
  -- Whatever the role has become since.
  if door.rank > 50 then
    raise exception 'who joins by a domain stands no higher than a member' using errcode = 'PW065';
  end if;
  return query
    insert into /* SCHEMA */partywall.memberships as m (organization_id, user_id, role) values (tenant, joining_user, door.role)
    on conflict (organization_id, user_id) do update set role = excluded.role, status = 'active', updated_at = now()
      where m.status = 'pending'
    returning m.role, m.created_at;
  if not found then
    raise exception 'the user is a member already' using errcode = 'PW012';
  end if;
end
$function$;
comment on function /* SCHEMA */partywall.join_by_domain(text, text, text) is 'Before a tenant is known: makes a user a member by a domain whose addresses may join';

-- Owned by the operator, as in 0002.
grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.tell_domains() from public;
revoke all on function /* SCHEMA */partywall.add_domain(text, text, text) from public;
revoke all on function /* SCHEMA */partywall.confirm_domain(text, text, text[]) from public;
revoke all on function /* SCHEMA */partywall.set_domain_policy(text, text, text, text) from public;
revoke all on function /* SCHEMA */partywall.release_domain(text, text) from public;
revoke all on function /* SCHEMA */partywall.find_joinable(text, text) from public;
revoke all on function /* SCHEMA */partywall.join_by_domain(text, text, text) from public;
grant execute on function /* SCHEMA */partywall.add_domain(text, text, text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.confirm_domain(text, text, text[]) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.set_domain_policy(text, text, text, text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.release_domain(text, text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.find_joinable(text, text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.join_by_domain(text, text, text) to /* ROLE app */partywall_app;
alter function /* SCHEMA */partywall.tell_domains() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.add_domain(text, text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.confirm_domain(text, text, text[]) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.set_domain_policy(text, text, text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.release_domain(text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.find_joinable(text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.join_by_domain(text, text, text) owner to /* ROLE operator */partywall_operator;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
