-- 0004_membership_rules: roles as data, and what holds of memberships whoever writes them: an owner, the seats, the ranks.
-- Breaking: no.  Locks: organizations and memberships, while the columns come and the members are counted.
-- Reversible: yes, while every member has one of the roles that were there before.
--
-- Two layers. Triggers keep what must never be otherwise (the last active owner, the seats), for every writer: functions,
-- the operator, an import, hand-written SQL. Functions are the only way in which the application writes: they ask the
-- database, under a lock, who acts, with which rank and permission. SQLSTATEs of class PW tell the refusals apart.

create table /* SCHEMA */partywall.roles (
  name        text not null,
  rank        integer not null,
  permissions text[] not null,
  constraint roles_pkey primary key (name),
  constraint roles_name_check check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  constraint roles_rank_check check (rank between 1 and 100 and (rank = 100) = (name = 'owner')),
  constraint roles_owner_check check (name <> 'owner' or permissions = array['*:*']),
  constraint roles_permissions_check check (
    pg_catalog.array_position(permissions, null) is null
    and pg_catalog.array_to_string(permissions, ' ') ~ '^(!?([a-z][a-z0-9_-]*|[*]):([a-z][a-z0-9_-]*|[*])( |$))*$')
);
comment on table /* SCHEMA */partywall.roles is 'What members may do, of every organization: the rank says whom they stand above';
comment on column /* SCHEMA */partywall.roles.permissions is 'resource:action, with * for any and ! for not; the last rule that matches decides';

insert into /* SCHEMA */partywall.roles (name, rank, permissions) values
  ('owner', 100, array['*:*']),
  ('admin', 75, array['*:*', '!organization:delete', '!organization:transfer', '!subscription:*', '*:read']),
  ('member', 50, array['*:*', '!organization:*', '!members:*', '!invitations:*', '!domains:*', '!api-keys:*', '!settings:*', '!subscription:*', '*:read']),
  ('viewer', 25, array['*:read']);
grant select on /* SCHEMA */partywall.roles to /* ROLE app */partywall_app;
grant select, insert, update, delete on /* SCHEMA */partywall.roles to /* ROLE operator */partywall_operator;

alter table /* SCHEMA */partywall.memberships
  drop constraint memberships_role_check,
  add constraint memberships_role_fkey foreign key (role) references /* SCHEMA */partywall.roles (name);

-- Derived, so that the last owner and the seats are decided on one row that every writer truly updates: a lock alone would
-- let a transaction with an older snapshot pass.
alter table /* SCHEMA */partywall.organizations
  add column owner_count  integer not null default 0,
  add column member_count integer not null default 0,
  add column seat_limit   integer,
  add constraint organizations_seat_limit_check check (seat_limit >= 0);
comment on column /* SCHEMA */partywall.organizations.owner_count is 'Active owners, counted by triggers';
comment on column /* SCHEMA */partywall.organizations.member_count is 'Seats that are taken: members who are not suspended, counted by triggers';
comment on column /* SCHEMA */partywall.organizations.seat_limit is 'The most members who are not suspended; NULL for no limit';

update /* SCHEMA */partywall.organizations o set owner_count = c.owners, member_count = c.members
from (
  select m.organization_id, count(*) filter (where m.role = 'owner' and m.status = 'active') as owners,
    count(*) filter (where m.status <> 'suspended') as members
  from /* SCHEMA */partywall.memberships m group by m.organization_id
) c where c.organization_id = o.id;

-- Runs for each row that changes, after the row was locked, on its newest version.
create function /* SCHEMA */partywall.keep_member_counts() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
begin
  if tg_op = 'INSERT' then
    new.owner_count := 0;
    new.member_count := 0;
    return new;
  end if;
  if pg_trigger_depth() < 2 and (new.owner_count, new.member_count) is distinct from (old.owner_count, old.member_count) then
    raise exception 'member counts follow the memberships' using errcode = 'PW010', hint = 'Write the memberships.';
  end if;
  if new.owner_count = 0 and old.owner_count > 0 then
    raise exception 'the last active owner of an organization stays' using
      errcode = 'PW002', hint = 'Make another member an owner first.';
  end if;
  if new.member_count > new.seat_limit then
    raise exception 'the organization has no free seat' using
      errcode = 'PW003', hint = 'Raise the seat limit, or suspend or remove a member.';
  end if;
  return new;
end
$function$;
comment on function /* SCHEMA */partywall.keep_member_counts() is 'Keeps the last active owner and the seats';
revoke all on function /* SCHEMA */partywall.keep_member_counts() from public;
create trigger keep_member_counts before insert or update of owner_count, member_count, seat_limit
  on /* SCHEMA */partywall.organizations
  for each row execute function /* SCHEMA */partywall.keep_member_counts();

-- Once a statement, with one update an organization, however many members it writes; in the order of the ids, so that two
-- statements over many organizations do not lock each other out. An organization that goes takes its members along: its
-- row is gone by then, and nothing is counted.
create function /* SCHEMA */partywall.count_members() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  -- The owner of the database writes with row_security = off, which would be an error here.
  set row_security = on
  as $function$
declare
  change record;
begin
  if tg_op = 'INSERT' then
    for change in
      select m.organization_id, count(*) filter (where m.role = 'owner' and m.status = 'active') as owners,
        count(*) filter (where m.status <> 'suspended') as members
      from written m group by 1 order by 1
    loop
      update /* SCHEMA */partywall.organizations o
      set owner_count = o.owner_count + change.owners, member_count = o.member_count + change.members
      where o.id = change.organization_id and (change.owners <> 0 or change.members <> 0);
    end loop;
  elsif tg_op = 'DELETE' then
    for change in
      select m.organization_id, count(*) filter (where m.role = 'owner' and m.status = 'active') as owners,
        count(*) filter (where m.status <> 'suspended') as members
      from replaced m group by 1 order by 1
    loop
      update /* SCHEMA */partywall.organizations o
      set owner_count = o.owner_count - change.owners, member_count = o.member_count - change.members
      where o.id = change.organization_id and (change.owners <> 0 or change.members <> 0);
    end loop;
  else
    for change in
      select m.organization_id, sum(m.weight) filter (where m.role = 'owner' and m.status = 'active') as owners,
        sum(m.weight) filter (where m.status <> 'suspended') as members
      from (
        select w.organization_id, w.role, w.status, 1 as weight from written w
        union all
        select r.organization_id, r.role, r.status, -1 from replaced r
      ) m group by 1 order by 1
    loop
      update /* SCHEMA */partywall.organizations o
      set owner_count = o.owner_count + coalesce(change.owners, 0), member_count = o.member_count + coalesce(change.members, 0)
      where o.id = change.organization_id and (change.owners <> 0 or change.members <> 0);
    end loop;
  end if;
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.count_members() is 'Counts the owners and the members of the organizations that a statement wrote';
revoke all on function /* SCHEMA */partywall.count_members() from public;

create trigger count_added_members after insert on /* SCHEMA */partywall.memberships
  referencing new table as written for each statement execute function /* SCHEMA */partywall.count_members();
create trigger count_changed_members after update on /* SCHEMA */partywall.memberships
  referencing old table as replaced new table as written for each statement execute function /* SCHEMA */partywall.count_members();
create trigger count_removed_members after delete on /* SCHEMA */partywall.memberships
  referencing old table as replaced for each statement execute function /* SCHEMA */partywall.count_members();

-- TRUNCATE has no rows to count.
create function /* SCHEMA */partywall.refuse_uncounted() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
begin
  raise exception 'memberships are deleted and not truncated: they are counted' using
    errcode = 'PW010', hint = 'Delete the organizations, which takes their members along.';
end
$function$;
comment on function /* SCHEMA */partywall.refuse_uncounted() is 'Refuses TRUNCATE of what is counted';
revoke all on function /* SCHEMA */partywall.refuse_uncounted() from public;
create trigger refuse_uncounted before truncate on /* SCHEMA */partywall.memberships
  for each statement execute function /* SCHEMA */partywall.refuse_uncounted();

-- The last rule that matches decides; without one the answer is no.
create function /* SCHEMA */partywall.permits(permissions text[], permission text) returns boolean
  language sql immutable parallel safe set search_path = pg_catalog, pg_temp
  as $function$
    select coalesce((
      select left(rule, 1) <> '!' from unnest(permissions) with ordinality as r (rule, place)
      where split_part(ltrim(rule, '!'), ':', 1) in ('*', split_part(permission, ':', 1))
        and split_part(ltrim(rule, '!'), ':', 2) in ('*', split_part(permission, ':', 2))
      order by place desc limit 1), false)
  $function$;
comment on function /* SCHEMA */partywall.permits(text[], text) is 'Whether the rules of a role include a permission';
revoke all on function /* SCHEMA */partywall.permits(text[], text) from public;
grant execute on function /* SCHEMA */partywall.permits(text[], text) to /* ROLE app */partywall_app, /* ROLE operator */partywall_operator;

-- What every write begins with: locks the organization, so that writers of one organization take turns, then the member
-- who acts, so that a transaction with an older snapshot fails and does not act by a rank that is lost. Gives the rank of
-- who acts; without one the operator acts, who stands above owners.
create function /* SCHEMA */partywall.lock_organization(organization text, acting_user text, permission text) returns integer
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
  if not found then
    raise exception 'there is no such organization' using errcode = 'PW006';
  end if;
  if acting_user is null then
    return 101;
  end if;
  if state <> 'active' then
    raise exception 'the organization is %', state using errcode = 'PW008';
  end if;
  select m.status, r.rank, r.permissions into acting
  from /* SCHEMA */partywall.memberships m join /* SCHEMA */partywall.roles r on r.name = m.role
  where m.organization_id = tenant and m.user_id = acting_user for no key update of m;
  if not found or acting.status <> 'active' then
    raise exception 'who acts is no active member of the organization' using errcode = 'PW007';
  end if;
  if not /* SCHEMA */partywall.permits(acting.permissions, permission) then
    raise exception 'the role of who acts does not include %', permission using errcode = 'PW009';
  end if;
  return acting.rank;
end
$function$;
comment on function /* SCHEMA */partywall.lock_organization(text, text, text) is 'Locks an organization for a write, and gives the rank of who acts in it';

-- Nobody touches or grants what is not below their own rank; owners, also their own.
create function /* SCHEMA */partywall.assert_outranks(acting_rank integer, other_role text) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  other_rank integer := (select r.rank from /* SCHEMA */partywall.roles r where r.name = other_role);
begin
  if other_rank is null then
    raise exception 'there is no such role' using errcode = 'PW011';
  end if;
  if acting_rank <= other_rank and acting_rank < 100 then
    raise exception 'the role of who acts does not stand above the role %', other_role using errcode = 'PW005';
  end if;
end
$function$;
comment on function /* SCHEMA */partywall.assert_outranks(integer, text) is 'Refuses to touch or to grant a role that is not below the rank of who acts';

-- Makes a user a member. For the operator alone: the people of an organization are visible in it, and a row that the
-- application could add for any user would show it that person.
create function /* SCHEMA */partywall.add_member(organization text, acting_user text, added_user text, new_role text)
  returns table (member_role text, member_status text, member_since timestamptz)
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
begin
  perform /* SCHEMA */partywall.assert_outranks(
    /* SCHEMA */partywall.lock_organization(organization, acting_user, 'members:invite'), new_role);
  return query
    insert into /* SCHEMA */partywall.memberships as m (organization_id, user_id, role) values (organization::/* KEY */uuid, added_user, new_role)
    on conflict do nothing returning m.role, m.status, m.created_at;
  if not found then
    raise exception 'the user is a member already' using errcode = 'PW012';
  end if;
end
$function$;
comment on function /* SCHEMA */partywall.add_member(text, text, text, text) is 'Makes a user a member; for the operator';

-- Changes a role, or suspends and reactivates; NULL leaves as it is. A suspended member keeps the row, not the seat.
create function /* SCHEMA */partywall.change_member(organization text, acting_user text, changed_user text, new_role text, new_status text)
  returns table (role_before text, status_before text, member_role text, member_status text, member_since timestamptz)
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := organization;
  acting_rank integer := /* SCHEMA */partywall.lock_organization(organization, acting_user, 'members:update');
  found_member record;
begin
  select m.role, m.status into found_member from /* SCHEMA */partywall.memberships m
  where m.organization_id = tenant and m.user_id = changed_user for no key update;
  if not found then
    raise exception 'there is no such member' using errcode = 'PW004';
  end if;
  perform /* SCHEMA */partywall.assert_outranks(acting_rank, found_member.role);
  if new_role is not null then
    perform /* SCHEMA */partywall.assert_outranks(acting_rank, new_role);
  end if;
  if new_status is not null and (found_member.status = 'pending' or new_status not in ('active', 'suspended')) then
    raise exception 'a member who has not agreed yet is neither suspended nor reactivated' using errcode = 'PW013';
  end if;
  return query
    update /* SCHEMA */partywall.memberships m
    set role = coalesce(new_role, m.role), status = coalesce(new_status, m.status), updated_at = now()
    where m.organization_id = tenant and m.user_id = changed_user
    returning found_member.role, found_member.status, m.role, m.status, m.created_at;
end
$function$;
comment on function /* SCHEMA */partywall.change_member(text, text, text, text, text) is 'Changes the role or the status of a member';

create function /* SCHEMA */partywall.drop_member(organization text, acting_user text, removed_user text) returns text
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := organization;
  acting_rank integer := /* SCHEMA */partywall.lock_organization(organization, acting_user, 'members:remove');
  role_before text;
begin
  select m.role into role_before from /* SCHEMA */partywall.memberships m
  where m.organization_id = tenant and m.user_id = removed_user for update;
  if not found then
    raise exception 'there is no such member' using errcode = 'PW004';
  end if;
  perform /* SCHEMA */partywall.assert_outranks(acting_rank, role_before);
  delete from /* SCHEMA */partywall.memberships m where m.organization_id = tenant and m.user_id = removed_user;
  return role_before;
end
$function$;
comment on function /* SCHEMA */partywall.drop_member(text, text, text) is 'Ends the membership of another user';

-- What the application may call. Each acts in the organization of the transaction alone, and for a user.
create function /* SCHEMA */partywall.require_acting_user(acting_user text) returns text
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp
  as $function$
begin
  if acting_user is null or acting_user = '' then
    raise exception 'the call names no user who acts' using errcode = 'PW007';
  end if;
  return acting_user;
end
$function$;
comment on function /* SCHEMA */partywall.require_acting_user(text) is 'The user who acts; raises without one';

create function /* SCHEMA */partywall.change_member_role(acting_user text, changed_user text, new_role text)
  returns table (role_before text, status_before text, member_role text, member_status text, member_since timestamptz)
  language sql security definer set search_path = pg_catalog, pg_temp
  as $function$
    select * from /* SCHEMA */partywall.change_member(/* SCHEMA */partywall.require_tenant_id()::text,
      /* SCHEMA */partywall.require_acting_user(acting_user), changed_user, coalesce(new_role, ''), null)
  $function$;
comment on function /* SCHEMA */partywall.change_member_role(text, text, text) is 'A member gives another member of the organization a role';

create function /* SCHEMA */partywall.change_member_status(acting_user text, changed_user text, new_status text)
  returns table (role_before text, status_before text, member_role text, member_status text, member_since timestamptz)
  language sql security definer set search_path = pg_catalog, pg_temp
  as $function$
    select * from /* SCHEMA */partywall.change_member(/* SCHEMA */partywall.require_tenant_id()::text,
      /* SCHEMA */partywall.require_acting_user(acting_user), changed_user, null, coalesce(new_status, ''))
  $function$;
comment on function /* SCHEMA */partywall.change_member_status(text, text, text) is 'A member suspends or reactivates another member of the organization';

create function /* SCHEMA */partywall.remove_member(acting_user text, removed_user text) returns text
  language sql security definer set search_path = pg_catalog, pg_temp
  as $function$
    select /* SCHEMA */partywall.drop_member(/* SCHEMA */partywall.require_tenant_id()::text,
      /* SCHEMA */partywall.require_acting_user(acting_user), removed_user)
  $function$;
comment on function /* SCHEMA */partywall.remove_member(text, text) is 'A member ends the membership of another';

-- Whoever wants may go, whatever their role, status or organization is: the last active owner may not.
create function /* SCHEMA */partywall.leave_organization(acting_user text) returns text
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  role_before text;
begin
  perform set_config('partywall.acting_user', coalesce(acting_user, ''), true);
  perform from /* SCHEMA */partywall.organizations o where o.id = tenant for no key update;
  delete from /* SCHEMA */partywall.memberships m where m.organization_id = tenant and m.user_id = acting_user
  returning m.role into role_before;
  if not found then
    raise exception 'there is no such member' using errcode = 'PW004';
  end if;
  return role_before;
end
$function$;
comment on function /* SCHEMA */partywall.leave_organization(text) is 'A member leaves the organization';

-- One statement: there is no moment with two owners, or with none.
create function /* SCHEMA */partywall.transfer_ownership(acting_user text, new_owner text, former_role text) returns text
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  acting_rank integer := /* SCHEMA */partywall.lock_organization(tenant::text,
    /* SCHEMA */partywall.require_acting_user(acting_user), 'organization:transfer');
  role_before text;
begin
  perform /* SCHEMA */partywall.assert_outranks(acting_rank, 'owner');
  perform /* SCHEMA */partywall.assert_outranks(acting_rank, former_role);
  select m.role into role_before from /* SCHEMA */partywall.memberships m
  where m.organization_id = tenant and m.user_id = new_owner and m.status = 'active' and m.user_id <> acting_user for no key update;
  if not found then
    raise exception 'the new owner is no other active member' using errcode = 'PW004';
  end if;
  update /* SCHEMA */partywall.memberships m
  set role = case m.user_id when new_owner then 'owner' else former_role end, updated_at = now()
  where m.organization_id = tenant and m.user_id in (acting_user, new_owner);
  return role_before;
end
$function$;
comment on function /* SCHEMA */partywall.transfer_ownership(text, text, text) is 'An owner makes another member the owner in their place';

-- As find_membership of 0002, which services of an older version go on to call, with what the role permits.
create function /* SCHEMA */partywall.find_member(requested_organization text, requesting_user text)
  returns table (organization_id /* KEY */uuid, slug text, organization_status text, role text, membership_status text, permissions text[])
  language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
  rows 1
  as $function$
    select o.id, o.slug, o.status, m.role, m.status, r.permissions
    from /* SCHEMA */partywall.memberships m
    join /* SCHEMA */partywall.organizations o on o.id = m.organization_id
    join /* SCHEMA */partywall.roles r on r.name = m.role
    where m.user_id = requesting_user
      and (o.slug = requested_organization or o.id::text = requested_organization)
  $function$;
comment on function /* SCHEMA */partywall.find_member(text, text) is 'Lookup before a tenant is known: one user in one organization, and what the role permits';

-- Owned by the operator, as in 0002. Those below are called by the operator and by the functions above it only.
grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.lock_organization(text, text, text) from public;
revoke all on function /* SCHEMA */partywall.assert_outranks(integer, text) from public;
revoke all on function /* SCHEMA */partywall.add_member(text, text, text, text) from public;
revoke all on function /* SCHEMA */partywall.change_member(text, text, text, text, text) from public;
revoke all on function /* SCHEMA */partywall.drop_member(text, text, text) from public;
revoke all on function /* SCHEMA */partywall.require_acting_user(text) from public;
revoke all on function /* SCHEMA */partywall.change_member_role(text, text, text) from public;
revoke all on function /* SCHEMA */partywall.change_member_status(text, text, text) from public;
revoke all on function /* SCHEMA */partywall.remove_member(text, text) from public;
revoke all on function /* SCHEMA */partywall.leave_organization(text) from public;
revoke all on function /* SCHEMA */partywall.transfer_ownership(text, text, text) from public;
revoke all on function /* SCHEMA */partywall.find_member(text, text) from public;
grant execute on function /* SCHEMA */partywall.change_member_role(text, text, text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.change_member_status(text, text, text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.remove_member(text, text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.leave_organization(text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.transfer_ownership(text, text, text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.find_member(text, text) to /* ROLE app */partywall_app;
alter function /* SCHEMA */partywall.count_members() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.lock_organization(text, text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.assert_outranks(integer, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.add_member(text, text, text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.change_member(text, text, text, text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.drop_member(text, text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.require_acting_user(text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.change_member_role(text, text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.change_member_status(text, text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.remove_member(text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.leave_organization(text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.transfer_ownership(text, text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.find_member(text, text) owner to /* ROLE operator */partywall_operator;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
