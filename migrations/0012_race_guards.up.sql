-- 0012_race_guards: what a role says is as settled as who has it, and who acts is known before anything is told.
-- Breaking: no.  Locks: nothing.  Reversible: yes (the functions of 0004 to 0008 as they were).
--
-- Functions are replaced by their owner, which is the operator, see 0002.

grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
set local role /* ROLE operator */partywall_operator;

-- As before, and the role is locked as well: a transaction with an older snapshot does not act by permissions that a role
-- has lost. Whoever is no member learns nothing of the organization, not even that it is there.
create or replace function /* SCHEMA */partywall.lock_organization(organization text, acting_user text, permission text) returns integer
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := organization;
  state text;
  acting record;
begin
  -- For the events that triggers write.
  perform set_config('partywall.acting_user', coalesce(acting_user, ''), true);
  select o.status into state from /* SCHEMA */partywall.organizations o where o.id = tenant for no key update;
  if acting_user is null then
    if not found then
      raise exception 'there is no such organization' using errcode = 'PW006';
    end if;
    return 101;
  end if;
  select m.status, r.rank, r.permissions into acting
  from /* SCHEMA */partywall.memberships m join /* SCHEMA */partywall.roles r on r.name = m.role
  where m.organization_id = tenant and m.user_id = acting_user for no key update of m for share of r;
  if not found or acting.status <> 'active' then
    raise exception 'who acts is no active member of the organization' using errcode = 'PW007';
  end if;
  if state <> 'active' then
    raise exception 'the organization is %', state using errcode = 'PW008';
  end if;
  if not /* SCHEMA */partywall.permits(acting.permissions, permission) then
    raise exception 'the role of who acts does not include %', permission using errcode = 'PW009';
  end if;
  return acting.rank;
end
$function$;

-- As before, with the role locked: one that is being raised is not granted by who would stand below it.
create or replace function /* SCHEMA */partywall.assert_outranks(acting_rank integer, other_role text) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  other_rank integer;
begin
  select r.rank into other_rank from /* SCHEMA */partywall.roles r where r.name = other_role for share;
  if other_rank is null then
    raise exception 'there is no such role' using errcode = 'PW011';
  end if;
  if acting_rank <= other_rank and acting_rank < 100 then
    raise exception 'the role of who acts does not stand above the role %', other_role using errcode = 'PW005';
  end if;
end
$function$;

-- As before, with who acts noted before the event is written. Who is no member does not learn whether there is something
-- to restore.
create or replace function /* SCHEMA */partywall.restore_organization(acting_user text) returns integer
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  new_version integer;
begin
  perform set_config('partywall.acting_user', coalesce(acting_user, ''), true);
  perform from /* SCHEMA */partywall.memberships m
  where m.organization_id = tenant and m.user_id = acting_user and m.status = 'active';
  if not found then
    raise exception 'who acts is no active member of the organization' using errcode = 'PW007';
  end if;
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

-- As before, with roles locked, and with the event of the new member told by the user, whatever else the transaction did.
create or replace function /* SCHEMA */partywall.accept_invitation(token_digest bytea, accepting_user text, accepting_address text)
  returns table (organization_id /* KEY */uuid, slug text, invitation_id uuid, member_role text, member_since timestamptz)
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
#variable_conflict use_column
declare
  invited record;
  grantor record;
begin
  perform set_config('partywall.acting_user', /* SCHEMA */partywall.require_acting_user(accepting_user), true);
  select i.organization_id, i.invited_by into invited
  from /* SCHEMA */partywall.invitation_tokens t join /* SCHEMA */partywall.invitations i on i.id = t.invitation_id where t.digest = token_digest;
  perform from /* SCHEMA */partywall.organizations o where o.id = invited.organization_id and o.status = 'active' for no key update;
  if not found then
    raise exception 'the token is of no use' using errcode = 'PW031';
  end if;
  delete from /* SCHEMA */partywall.invitation_tokens t where t.digest = token_digest returning t.invitation_id into invitation_id;
  if not found then
    raise exception 'the token is of no use' using errcode = 'PW031';
  end if;
  select i.* into invited from /* SCHEMA */partywall.invitations i
  where i.id = invitation_id and i.status = 'pending' and i.expires_at > clock_timestamp() for update;
  if not found then
    raise exception 'the token is of no use' using errcode = 'PW031';
  end if;
  if invited.invited_by is not null then
    select r.rank, r.permissions into grantor
    from /* SCHEMA */partywall.memberships m join /* SCHEMA */partywall.roles r on r.name = m.role
    where m.organization_id = invited.organization_id and m.user_id = invited.invited_by and m.status = 'active'
    for no key update of m for share of r;
    if not found or not /* SCHEMA */partywall.permits(grantor.permissions, 'invitations:create') then
      raise exception 'the token is of no use' using errcode = 'PW031';
    end if;
    perform from /* SCHEMA */partywall.roles r where r.name = invited.role and (r.rank < grantor.rank or grantor.rank = 100) for share;
    if not found then
      raise exception 'the token is of no use' using errcode = 'PW031';
    end if;
  end if;
  if accepting_address is not null and accepting_address <> invited.email then
    raise exception 'the invitation is for another address' using errcode = 'PW032';
  end if;
  insert into /* SCHEMA */partywall.memberships as m (organization_id, user_id, role)
  values (invited.organization_id, accepting_user, invited.role)
  on conflict (organization_id, user_id) do update set role = excluded.role, status = 'active', updated_at = now()
    where m.status = 'pending'
  returning m.role, m.created_at into member_role, member_since;
  if not found then
    raise exception 'the user is a member already' using errcode = 'PW012';
  end if;
  update /* SCHEMA */partywall.invitations i set status = 'accepted', accepted_by = accepting_user, updated_at = clock_timestamp()
  where i.id = invitation_id;
  select o.id, o.slug into organization_id, slug from /* SCHEMA */partywall.organizations o where o.id = invited.organization_id;
  return next;
end
$function$;

-- As before, with the member who answers for the key locked: who was promoted meanwhile stands above.
create or replace function /* SCHEMA */partywall.lock_api_key(acting_user text, wanted_key text, permission text) returns text[]
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  acting_rank integer := /* SCHEMA */partywall.lock_organization(tenant::text, /* SCHEMA */partywall.require_acting_user(acting_user), permission);
  held record;
  granting_role text;
begin
  select k.granted_by, k.permissions into held from /* SCHEMA */partywall.api_keys k
  where k.organization_id = tenant and k.id = wanted_key and k.revoked_at is null for update;
  if not found then
    raise exception 'there is no such key' using errcode = 'PW041';
  end if;
  if held.granted_by <> acting_user then
    select m.role into granting_role from /* SCHEMA */partywall.memberships m
    where m.organization_id = tenant and m.user_id = held.granted_by for share;
    if found then
      perform /* SCHEMA */partywall.assert_outranks(acting_rank, granting_role);
    end if;
  end if;
  return held.permissions;
end
$function$;

reset role;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
