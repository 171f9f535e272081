-- 0007_invitations: who was asked to become a member, under which address, and what proves it.
-- Breaking: no.  Locks: nothing that existed before.  Reversible: yes (forgets the invitations; members stay).
--
-- The token leaves the service once, in a message. Here is its SHA-256: of 256 random bits, which nobody guesses from it.

create table /* SCHEMA */partywall.invitations (
  id              uuid not null default pg_catalog.gen_random_uuid(),
  organization_id /* KEY */uuid not null,
  email           text not null,
  role            text not null,
  status          text not null default 'pending',
  invited_by      text,
  accepted_by     text,
  expires_at      timestamptz not null,
  created_at      timestamptz not null default pg_catalog.now(),
  updated_at      timestamptz not null default pg_catalog.now(),
  constraint invitations_pkey primary key (id),
  constraint invitations_organization_id_fkey foreign key (organization_id)
    references /* SCHEMA */partywall.organizations (id) on delete cascade,
  constraint invitations_email_check check (
    pg_catalog.length(email) between 3 and 320 and email = pg_catalog.lower(email) and email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
  constraint invitations_status_check check (status in ('pending', 'accepted', 'revoked', 'expired')),
  constraint invitations_accepted_check check ((status = 'accepted') = (accepted_by is not null))
);
comment on table /* SCHEMA */partywall.invitations is 'Who was asked to become a member, by e-mail address';
comment on column /* SCHEMA */partywall.invitations.invited_by is 'The member who answers for the invitation; NULL for a system';
create unique index invitations_pending_key on /* SCHEMA */partywall.invitations (organization_id, email) where status = 'pending';
create index invitations_organization_id_idx on /* SCHEMA */partywall.invitations (organization_id, email, id);

-- Apart from the invitations, which the application reads: it has no use for the digests.
create table /* SCHEMA */partywall.invitation_tokens (
  digest          bytea not null,
  invitation_id   uuid not null,
  constraint invitation_tokens_pkey primary key (digest),
  constraint invitation_tokens_invitation_id_key unique (invitation_id),
  constraint invitation_tokens_digest_check check (pg_catalog.octet_length(digest) = 32),
  constraint invitation_tokens_invitation_id_fkey foreign key (invitation_id)
    references /* SCHEMA */partywall.invitations (id) on delete cascade
);
comment on table /* SCHEMA */partywall.invitation_tokens is 'The SHA-256 of the one token that each pending invitation has';

create policy tenant_access on /* SCHEMA */partywall.invitations
  as permissive for all to /* ROLE app */partywall_app using (true) with check (true);
create policy tenant_isolation on /* SCHEMA */partywall.invitations
  as restrictive for all to /* ROLE app */partywall_app
  using (organization_id = (select /* SCHEMA */partywall.require_tenant_id()))
  with check (organization_id = (select /* SCHEMA */partywall.require_tenant_id()));
create policy operator_access on /* SCHEMA */partywall.invitations
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.invitations enable row level security;

create policy operator_access on /* SCHEMA */partywall.invitation_tokens
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.invitation_tokens enable row level security;

grant select on /* SCHEMA */partywall.invitations to /* ROLE app */partywall_app;
grant select, insert, update, delete on /* SCHEMA */partywall.invitations to /* ROLE operator */partywall_operator;
grant select, insert, update, delete on /* SCHEMA */partywall.invitation_tokens to /* ROLE operator */partywall_operator;

-- For the operator, who invites without a member to answer for it.
create function /* SCHEMA */partywall.add_invitation(organization text, acting_user text, address text, new_role text, token_digest bytea, seconds integer)
  returns table (invitation_id uuid, expires timestamptz)
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := organization;
begin
  perform /* SCHEMA */partywall.assert_outranks(/* SCHEMA */partywall.lock_organization(organization, acting_user, 'invitations:create'), new_role);
  update /* SCHEMA */partywall.invitations i set status = 'expired', updated_at = clock_timestamp()
  where i.organization_id = tenant and i.email = address and i.status = 'pending' and i.expires_at <= clock_timestamp();
  delete from /* SCHEMA */partywall.invitation_tokens t using /* SCHEMA */partywall.invitations i
  where i.id = t.invitation_id and i.organization_id = tenant and i.email = address and i.status = 'expired';
  insert into /* SCHEMA */partywall.invitations as i (organization_id, email, role, invited_by, expires_at)
  values (tenant, address, new_role, acting_user, clock_timestamp() + make_interval(secs => seconds))
  on conflict (organization_id, email) where status = 'pending' do nothing
  returning i.id, i.expires_at into invitation_id, expires;
  if not found then
    raise exception 'the address has a pending invitation' using errcode = 'PW033';
  end if;
  insert into /* SCHEMA */partywall.invitation_tokens (digest, invitation_id) values (token_digest, invitation_id);
  return next;
end
$function$;
comment on function /* SCHEMA */partywall.add_invitation(text, text, text, text, bytea, integer) is 'Invites an address; for the operator';

create function /* SCHEMA */partywall.invite_member(acting_user text, address text, new_role text, token_digest bytea, seconds integer)
  returns table (invitation_id uuid, expires timestamptz)
  language sql security definer set search_path = pg_catalog, pg_temp
  as $function$
    select * from /* SCHEMA */partywall.add_invitation(/* SCHEMA */partywall.require_tenant_id()::text,
      /* SCHEMA */partywall.require_acting_user(acting_user), address, new_role, token_digest, seconds)
  $function$;
comment on function /* SCHEMA */partywall.invite_member(text, text, text, bytea, integer) is 'A member invites an address';

-- The old token is dead from here on, and who resends answers for the invitation.
create function /* SCHEMA */partywall.resend_invitation(acting_user text, resent uuid, token_digest bytea, seconds integer)
  returns table (address text, invited_role text, expires timestamptz)
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  acting_rank integer := /* SCHEMA */partywall.lock_organization(tenant::text, /* SCHEMA */partywall.require_acting_user(acting_user), 'invitations:create');
begin
  update /* SCHEMA */partywall.invitations i
  set invited_by = acting_user, expires_at = clock_timestamp() + make_interval(secs => seconds), updated_at = clock_timestamp()
  where i.organization_id = tenant and i.id = resent and i.status = 'pending'
  returning i.email, i.role, i.expires_at into address, invited_role, expires;
  if not found then
    raise exception 'there is no such pending invitation' using errcode = 'PW034';
  end if;
  perform /* SCHEMA */partywall.assert_outranks(acting_rank, invited_role);
  delete from /* SCHEMA */partywall.invitation_tokens t where t.invitation_id = resent;
  insert into /* SCHEMA */partywall.invitation_tokens (digest, invitation_id) values (token_digest, resent);
  return next;
end
$function$;
comment on function /* SCHEMA */partywall.resend_invitation(text, uuid, bytea, integer) is 'A member gives a pending invitation a new token';

create function /* SCHEMA */partywall.revoke_invitation(acting_user text, revoked uuid) returns text
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  acting_rank integer := /* SCHEMA */partywall.lock_organization(tenant::text, /* SCHEMA */partywall.require_acting_user(acting_user), 'invitations:revoke');
  invited_role text;
begin
  update /* SCHEMA */partywall.invitations i set status = 'revoked', updated_at = clock_timestamp()
  where i.organization_id = tenant and i.id = revoked and i.status = 'pending' returning i.role into invited_role;
  if not found then
    raise exception 'there is no such pending invitation' using errcode = 'PW034';
  end if;
  perform /* SCHEMA */partywall.assert_outranks(acting_rank, invited_role);
  delete from /* SCHEMA */partywall.invitation_tokens t where t.invitation_id = revoked;
  return invited_role;
end
$function$;
comment on function /* SCHEMA */partywall.revoke_invitation(text, uuid) is 'A member takes a pending invitation back';

-- What the holder of a token is shown before a tenant is known. Nothing for a token that is unknown, used or expired.
create function /* SCHEMA */partywall.find_invitation(token_digest bytea)
  returns table (organization_id /* KEY */uuid, slug text, name text, email text, role text, expires_at timestamptz)
  language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
  rows 1
  as $function$
    select o.id, o.slug, o.name, i.email, i.role, i.expires_at
    from /* SCHEMA */partywall.invitation_tokens t
    join /* SCHEMA */partywall.invitations i on i.id = t.invitation_id
    join /* SCHEMA */partywall.organizations o on o.id = i.organization_id
    where t.digest = token_digest and i.status = 'pending' and i.expires_at > clock_timestamp() and o.status = 'active'
  $function$;
comment on function /* SCHEMA */partywall.find_invitation(bytea) is 'Lookup before a tenant is known: one invitation, by the digest of its token';

-- Makes the user a member and uses the token up: both or neither. The organization is locked first, as by every write to
-- its members. The DELETE is what makes the token single: of two callers one finds no row. An invitation is worth what
-- whoever answers for it may grant now: a member who is gone, suspended or demoted leaves no door open.
create function /* SCHEMA */partywall.accept_invitation(token_digest bytea, accepting_user text, accepting_address text)
  returns table (organization_id /* KEY */uuid, slug text, invitation_id uuid, member_role text, member_since timestamptz)
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
#variable_conflict use_column
declare
  invited record;
  grantor record;
begin
  perform /* SCHEMA */partywall.require_acting_user(accepting_user);
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
    for no key update of m;
    if not found or not /* SCHEMA */partywall.permits(grantor.permissions, 'invitations:create') then
      raise exception 'the token is of no use' using errcode = 'PW031';
    end if;
    perform from /* SCHEMA */partywall.roles r where r.name = invited.role and (r.rank < grantor.rank or grantor.rank = 100);
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
comment on function /* SCHEMA */partywall.accept_invitation(bytea, text, text) is 'Before a tenant is known: makes a user a member by the digest of a token, which is used up';

-- Owned by the operator, as in 0002.
grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.add_invitation(text, text, text, text, bytea, integer) from public;
revoke all on function /* SCHEMA */partywall.invite_member(text, text, text, bytea, integer) from public;
revoke all on function /* SCHEMA */partywall.resend_invitation(text, uuid, bytea, integer) from public;
revoke all on function /* SCHEMA */partywall.revoke_invitation(text, uuid) from public;
revoke all on function /* SCHEMA */partywall.find_invitation(bytea) from public;
revoke all on function /* SCHEMA */partywall.accept_invitation(bytea, text, text) from public;
grant execute on function /* SCHEMA */partywall.invite_member(text, text, text, bytea, integer) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.resend_invitation(text, uuid, bytea, integer) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.revoke_invitation(text, uuid) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.find_invitation(bytea) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.accept_invitation(bytea, text, text) to /* ROLE app */partywall_app;
alter function /* SCHEMA */partywall.add_invitation(text, text, text, text, bytea, integer) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.invite_member(text, text, text, bytea, integer) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.resend_invitation(text, uuid, bytea, integer) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.revoke_invitation(text, uuid) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.find_invitation(bytea) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.accept_invitation(bytea, text, text) owner to /* ROLE operator */partywall_operator;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
