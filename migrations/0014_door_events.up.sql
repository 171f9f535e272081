-- 0014_door_events: what happens to invitations and API keys is told, and operators send and revoke invitations again.
-- Breaking: no.  Locks: invitations, api_keys and their secrets, while the triggers come.  Reversible: yes.
--
-- Events name an invitation or a key by its id: no token, no digest, and no address of a person, who may want it erased.
-- Whoever handles an event in the scope of its organization reads the rest there.

create function /* SCHEMA */partywall.tell_invitations() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  -- As of the events of members: the owner of the database writes with row_security = off.
  set row_security = on
  as $function$
declare
  told record;
begin
  if tg_op = 'INSERT' then
    select array_agg(w.organization_id order by w.id) as organizations, array_agg('invitation.created'::text) as types,
      array_agg(jsonb_build_object('invitationId', w.id, 'role', w.role, 'invitedBy', w.invited_by, 'expiresAt', w.expires_at) order by w.id) as payloads
    into told from written w;
  elsif tg_op = 'DELETE' then
    -- One that is pending is a door that closes; the others are records that are erased. Those that go with their
    -- organization are not told one by one.
    select array_agg(r.organization_id order by r.id) as organizations, array_agg('invitation.revoked'::text) as types,
      array_agg(jsonb_build_object('invitationId', r.id, 'role', r.role) order by r.id) as payloads
    into told from replaced r join /* SCHEMA */partywall.organizations o on o.id = r.organization_id where r.status = 'pending';
  else
    select array_agg(w.organization_id order by w.id) as organizations,
      array_agg('invitation.' || case when w.status = r.status then 'changed' else w.status end order by w.id) as types,
      array_agg(jsonb_build_object('invitationId', w.id, 'role', w.role)
        || case when w.status = 'accepted' then jsonb_build_object('userId', w.accepted_by) else '{}' end order by w.id) as payloads
    into told from written w join replaced r on r.id = w.id
    where w.status <> r.status or (w.status = 'pending' and (w.role, w.email) is distinct from (r.role, r.email));
  end if;
  if told.organizations is not null then
    perform /* SCHEMA */partywall.append_events(told.organizations, told.types, told.payloads, /* SCHEMA */partywall.noted_actor());
  end if;
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.tell_invitations() is 'Appends the events of the invitations that a statement wrote';
create trigger tell_added_invitations after insert on /* SCHEMA */partywall.invitations
  referencing new table as written for each statement execute function /* SCHEMA */partywall.tell_invitations();
create trigger tell_changed_invitations after update on /* SCHEMA */partywall.invitations
  referencing old table as replaced new table as written for each statement execute function /* SCHEMA */partywall.tell_invitations();
create trigger tell_removed_invitations after delete on /* SCHEMA */partywall.invitations
  referencing old table as replaced for each statement execute function /* SCHEMA */partywall.tell_invitations();

-- A token for an invitation that was there before this transaction: whoever gives it one has sent it again, by whatever way.
create function /* SCHEMA */partywall.tell_invitation_tokens() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  set row_security = on
  as $function$
declare
  told record;
begin
  select array_agg(i.organization_id order by i.id) as organizations, array_agg('invitation.resent'::text) as types,
    array_agg(jsonb_build_object('invitationId', i.id, 'role', i.role, 'invitedBy', i.invited_by, 'expiresAt', i.expires_at) order by i.id) as payloads
  into told from written w join /* SCHEMA */partywall.invitations i on i.id = w.invitation_id where i.created_at <> now();
  if told.organizations is not null then
    perform /* SCHEMA */partywall.append_events(told.organizations, told.types, told.payloads, /* SCHEMA */partywall.noted_actor());
  end if;
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.tell_invitation_tokens() is 'Appends the events of invitations that got another token';
create trigger tell_invitation_tokens after insert on /* SCHEMA */partywall.invitation_tokens
  referencing new table as written for each statement execute function /* SCHEMA */partywall.tell_invitation_tokens();

create function /* SCHEMA */partywall.tell_api_keys() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  set row_security = on
  as $function$
declare
  told record;
begin
  if tg_op = 'INSERT' then
    select array_agg(w.organization_id order by w.id) as organizations, array_agg('api_key.created'::text) as types,
      array_agg(/* SCHEMA */partywall.api_key_payload(to_jsonb(w)) order by w.id) as payloads
    into told from written w;
  elsif tg_op = 'DELETE' then
    select array_agg(r.organization_id order by r.id) as organizations, array_agg('api_key.revoked'::text) as types,
      array_agg(jsonb_build_object('keyId', r.id, 'name', r.name) order by r.id) as payloads
    into told from replaced r join /* SCHEMA */partywall.organizations o on o.id = r.organization_id where r.revoked_at is null;
  else
    -- That a key was used is no event: it would be one a minute for each key.
    select array_agg(w.organization_id order by w.id) as organizations,
      array_agg(case when w.revoked_at is not null and r.revoked_at is null then 'api_key.revoked' else 'api_key.changed' end order by w.id) as types,
      array_agg(case when w.revoked_at is not null and r.revoked_at is null then jsonb_build_object('keyId', w.id, 'name', w.name)
        else /* SCHEMA */partywall.api_key_payload(to_jsonb(w)) end order by w.id) as payloads
    into told from written w join replaced r on r.id = w.id
    where (w.name, w.permissions, w.granted_by, w.expires_at, w.revoked_at) is distinct from (r.name, r.permissions, r.granted_by, r.expires_at, r.revoked_at);
  end if;
  if told.organizations is not null then
    perform /* SCHEMA */partywall.append_events(told.organizations, told.types, told.payloads, /* SCHEMA */partywall.noted_actor());
  end if;
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.tell_api_keys() is 'Appends the events of the API keys that a statement wrote';

-- The permissions of a key may be too many for an event: their number is told, and the row tells them.
create function /* SCHEMA */partywall.api_key_payload(key jsonb) returns jsonb
  language sql immutable parallel safe set search_path = pg_catalog, pg_temp
  as $function$
    select jsonb_build_object('keyId', key -> 'id', 'name', key -> 'name', 'grantedBy', key -> 'granted_by', 'expiresAt', key -> 'expires_at',
      'permissions', case when octet_length((key -> 'permissions')::text) <= 8192 then key -> 'permissions' else 'null' end)
  $function$;
comment on function /* SCHEMA */partywall.api_key_payload(jsonb) is 'What the events of an API key tell';
create trigger tell_added_api_keys after insert on /* SCHEMA */partywall.api_keys
  referencing new table as written for each statement execute function /* SCHEMA */partywall.tell_api_keys();
create trigger tell_changed_api_keys after update on /* SCHEMA */partywall.api_keys
  referencing old table as replaced new table as written for each statement execute function /* SCHEMA */partywall.tell_api_keys();
create trigger tell_removed_api_keys after delete on /* SCHEMA */partywall.api_keys
  referencing old table as replaced for each statement execute function /* SCHEMA */partywall.tell_api_keys();

-- A secret for a key that was there before this transaction.
create function /* SCHEMA */partywall.tell_api_key_secrets() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  set row_security = on
  as $function$
declare
  told record;
begin
  select array_agg(k.organization_id order by k.id) as organizations, array_agg('api_key.rotated'::text) as types,
    array_agg(jsonb_build_object('keyId', k.id, 'name', k.name) order by k.id) as payloads
  into told from written w join /* SCHEMA */partywall.api_keys k on k.id = w.key_id where k.created_at <> now();
  if told.organizations is not null then
    perform /* SCHEMA */partywall.append_events(told.organizations, told.types, told.payloads, /* SCHEMA */partywall.noted_actor());
  end if;
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.tell_api_key_secrets() is 'Appends the events of API keys that got another secret';
create trigger tell_api_key_secrets after insert on /* SCHEMA */partywall.api_key_secrets
  referencing new table as written for each statement execute function /* SCHEMA */partywall.tell_api_key_secrets();

-- For the operator: as resend_invitation of 0007, with a system that answers for the invitation from here on.
create function /* SCHEMA */partywall.resend_as_operator(organization text, resent uuid, token_digest bytea, seconds integer)
  returns table (address text, invited_role text, expires timestamptz)
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := organization;
begin
  perform /* SCHEMA */partywall.lock_organization(organization, null, null);
  update /* SCHEMA */partywall.invitations i
  set invited_by = null, expires_at = clock_timestamp() + make_interval(secs => seconds), updated_at = clock_timestamp()
  where i.organization_id = tenant and i.id = resent and i.status = 'pending'
  returning i.email, i.role, i.expires_at into address, invited_role, expires;
  if not found then
    raise exception 'there is no such pending invitation' using errcode = 'PW034';
  end if;
  delete from /* SCHEMA */partywall.invitation_tokens t where t.invitation_id = resent;
  insert into /* SCHEMA */partywall.invitation_tokens (digest, invitation_id) values (token_digest, resent);
  return next;
end
$function$;
comment on function /* SCHEMA */partywall.resend_as_operator(text, uuid, bytea, integer) is 'Gives a pending invitation a new token; for the operator';

create function /* SCHEMA */partywall.revoke_as_operator(organization text, revoked uuid) returns text
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := organization;
  invited_role text;
begin
  perform /* SCHEMA */partywall.lock_organization(organization, null, null);
  update /* SCHEMA */partywall.invitations i set status = 'revoked', updated_at = clock_timestamp()
  where i.organization_id = tenant and i.id = revoked and i.status = 'pending' returning i.role into invited_role;
  if not found then
    raise exception 'there is no such pending invitation' using errcode = 'PW034';
  end if;
  delete from /* SCHEMA */partywall.invitation_tokens t where t.invitation_id = revoked;
  return invited_role;
end
$function$;
comment on function /* SCHEMA */partywall.revoke_as_operator(text, uuid) is 'Takes a pending invitation back; for the operator';

-- Owned by the operator, as in 0002.
grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.tell_invitations() from public;
revoke all on function /* SCHEMA */partywall.tell_invitation_tokens() from public;
revoke all on function /* SCHEMA */partywall.tell_api_keys() from public;
revoke all on function /* SCHEMA */partywall.api_key_payload(jsonb) from public;
revoke all on function /* SCHEMA */partywall.tell_api_key_secrets() from public;
revoke all on function /* SCHEMA */partywall.resend_as_operator(text, uuid, bytea, integer) from public;
revoke all on function /* SCHEMA */partywall.revoke_as_operator(text, uuid) from public;
alter function /* SCHEMA */partywall.tell_invitations() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.tell_invitation_tokens() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.tell_api_keys() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.api_key_payload(jsonb) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.tell_api_key_secrets() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.resend_as_operator(text, uuid, bytea, integer) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.revoke_as_operator(text, uuid) owner to /* ROLE operator */partywall_operator;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
