-- 0017_lasting_ends: a suspension is not left behind, keys end with the membership of who answers for them, and events of
-- operators tell who they are.
-- Breaking: who is suspended does not leave; keys of members who are gone are revoked.  Locks: memberships, while the
-- trigger comes.  Reversible: yes (keys that were revoked stay so).

-- Whoever deletes members, by whatever way, or gives their membership to another user: who comes back later is a member
-- again, and not the owner of old keys. Keys that go with their organization are not revoked one by one.
create function /* SCHEMA */partywall.revoke_keys_of_members() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  -- The owner of the database writes with row_security = off, which would be an error here.
  set row_security = on
  as $function$
declare
  ended text[];
begin
  with revoked as (
    update /* SCHEMA */partywall.api_keys k set revoked_at = clock_timestamp(), updated_at = clock_timestamp()
    from replaced r join /* SCHEMA */partywall.organizations o on o.id = r.organization_id
    where k.organization_id = r.organization_id and k.granted_by = r.user_id and k.revoked_at is null
      and (tg_op = 'DELETE' or not exists (select from /* SCHEMA */partywall.memberships m
        where m.organization_id = r.organization_id and m.user_id = r.user_id))
    returning k.id
  )
  select array_agg(v.id) into ended from revoked v;
  -- A statement of its own: it sees the secrets of whoever rotated a key until its row was locked.
  delete from /* SCHEMA */partywall.api_key_secrets s where s.key_id = any (ended);
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.revoke_keys_of_members() is 'Revokes the API keys of members who are gone';
create trigger revoke_keys_of_removed_members after delete on /* SCHEMA */partywall.memberships
  referencing old table as replaced for each statement execute function /* SCHEMA */partywall.revoke_keys_of_members();
create trigger revoke_keys_of_replaced_members after update on /* SCHEMA */partywall.memberships
  referencing old table as replaced for each statement execute function /* SCHEMA */partywall.revoke_keys_of_members();

-- Owned by the operator, as in 0002.
grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.revoke_keys_of_members() from public;
alter function /* SCHEMA */partywall.revoke_keys_of_members() owner to /* ROLE operator */partywall_operator;

set local role /* ROLE operator */partywall_operator;

-- Of members who are gone already. By the operator: in a converted database the policies give the owner of the tables no row.
set local row_security = on;
update /* SCHEMA */partywall.api_keys k set revoked_at = pg_catalog.clock_timestamp(), updated_at = pg_catalog.clock_timestamp()
where k.revoked_at is null
  and not exists (select from /* SCHEMA */partywall.memberships m where m.organization_id = k.organization_id and m.user_id = k.granted_by);
delete from /* SCHEMA */partywall.api_key_secrets s using /* SCHEMA */partywall.api_keys k where k.id = s.key_id and k.revoked_at is not null;
set local row_security to default;

-- As in 0004, except for who is suspended: gone, they could join again by an invitation or a domain, and would not be
-- suspended any more. Others may remove them.
create or replace function /* SCHEMA */partywall.leave_organization(acting_user text) returns text
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  role_before text;
begin
  perform set_config('partywall.acting_user', coalesce(acting_user, ''), true);
  perform from /* SCHEMA */partywall.organizations o where o.id = tenant for no key update;
  delete from /* SCHEMA */partywall.memberships m
  where m.organization_id = tenant and m.user_id = acting_user and m.status <> 'suspended'
  returning m.role into role_before;
  if not found then
    perform from /* SCHEMA */partywall.memberships m where m.organization_id = tenant and m.user_id = acting_user;
    if found then
      raise exception 'who is suspended does not leave' using errcode = 'PW019', hint = 'Another member can remove them.';
    end if;
    raise exception 'there is no such member' using errcode = 'PW004';
  end if;
  return role_before;
end
$function$;

-- As in 0006, and where no user acts the operator whom a scope has named.
create or replace function /* SCHEMA */partywall.noted_actor() returns jsonb
  language sql stable set search_path = pg_catalog, pg_temp
  as $function$
    select case when coalesce(current_setting('partywall.acting_user', true), '') <> ''
      then jsonb_build_object('type', 'user', 'id', current_setting('partywall.acting_user', true))
      else nullif(current_setting('partywall.operating_actor', true), '')::jsonb end
  $function$;
reset role;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
