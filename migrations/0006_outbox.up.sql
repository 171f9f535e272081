-- 0006_outbox: events, written with what caused them, and delivered in the order of their organization.
-- Breaking: no.  Locks: organizations and memberships, while the triggers come.  Reversible: yes (forgets events).
--
-- No foreign keys to organizations: that an organization is gone is told too.

create table /* SCHEMA */partywall.outbox_streams (
  organization_id /* KEY */uuid not null,
  last_position   bigint not null,
  constraint outbox_streams_pkey primary key (organization_id)
);
comment on table /* SCHEMA */partywall.outbox_streams is 'The last position of each organization. Who appends keeps the row until the end of the transaction, so that events become visible in the order of their positions';

create table /* SCHEMA */partywall.outbox (
  organization_id /* KEY */uuid not null,
  position        bigint not null,
  id              uuid not null default pg_catalog.gen_random_uuid(),
  type            text not null,
  payload         jsonb not null,
  actor           jsonb,
  created_at      timestamptz not null default pg_catalog.clock_timestamp(),
  attempts        integer not null default 0,
  available_at    timestamptz not null default pg_catalog.now(),
  delivered_at    timestamptz,
  dead_at         timestamptz,
  redriven_at     timestamptz,
  last_error      text,
  constraint outbox_pkey primary key (organization_id, position),
  constraint outbox_id_key unique (id),
  constraint outbox_type_check check (type ~ '^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)+$' and pg_catalog.length(type) <= 100),
  constraint outbox_payload_check check (pg_catalog.jsonb_typeof(payload) = 'object' and pg_catalog.octet_length(payload::text) <= 65536),
  constraint outbox_actor_check check (pg_catalog.octet_length(actor::text) <= 1024)
);
comment on table /* SCHEMA */partywall.outbox is 'Events, in the order of their organization';
create index outbox_pending_idx on /* SCHEMA */partywall.outbox (organization_id, position) where delivered_at is null and dead_at is null;
create index outbox_delivered_at_idx on /* SCHEMA */partywall.outbox (delivered_at) where delivered_at is not null;
create index outbox_dead_at_idx on /* SCHEMA */partywall.outbox (dead_at) where dead_at is not null;

create table /* SCHEMA */partywall.outbox_leases (
  organization_id /* KEY */uuid not null,
  fence           bigint not null,
  expires_at      timestamptz not null,
  constraint outbox_leases_pkey primary key (organization_id)
);
comment on table /* SCHEMA */partywall.outbox_leases is 'Who delivers the events of an organization, one at a time: whoever knows the fence';

create policy operator_access on /* SCHEMA */partywall.outbox_streams
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.outbox_streams enable row level security;
create policy operator_access on /* SCHEMA */partywall.outbox
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.outbox enable row level security;
create policy operator_access on /* SCHEMA */partywall.outbox_leases
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.outbox_leases enable row level security;

grant select, insert, update, delete on /* SCHEMA */partywall.outbox_streams to /* ROLE operator */partywall_operator;
grant select, insert, update, delete on /* SCHEMA */partywall.outbox to /* ROLE operator */partywall_operator;
grant select, insert, update, delete on /* SCHEMA */partywall.outbox_leases to /* ROLE operator */partywall_operator;

-- Any number of events, each with the organization at its place in the list. In the order of the ids, so that two writers
-- of several organizations do not lock each other out.
create function /* SCHEMA */partywall.append_events(organizations /* KEY */uuid[], types text[], payloads jsonb[], acting jsonb) returns void
  language sql set search_path = pg_catalog, pg_temp
  as $function$
    with given as (
      select g.organization_id, g.type, g.payload, row_number() over (partition by g.organization_id order by g.place) as nth
      from unnest(organizations, types, payloads) with ordinality as g (organization_id, type, payload, place)
    ), stream as (
      insert into /* SCHEMA */partywall.outbox_streams as s (organization_id, last_position)
      select g.organization_id, count(*) from given g group by g.organization_id order by g.organization_id
      on conflict (organization_id) do update set last_position = s.last_position + excluded.last_position
      returning s.organization_id, s.last_position
    )
    insert into /* SCHEMA */partywall.outbox (organization_id, position, type, payload, actor)
    select g.organization_id, s.last_position - (select count(*) from given o where o.organization_id = g.organization_id) + g.nth,
      g.type, g.payload, acting
    from given g join stream s on s.organization_id = g.organization_id
  $function$;
comment on function /* SCHEMA */partywall.append_events(/* KEY */uuid[], text[], jsonb[], jsonb) is 'Appends events in the transaction of their cause';

-- For the application: in its own organization, and never an event that tells of the control plane.
create function /* SCHEMA */partywall.append_event(event_type text, event_payload jsonb, acting jsonb) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
begin
  if split_part(event_type, '.', 1) in ('organization', 'member', 'invitation', 'domain', 'api_key', 'subscription', 'settings') then
    raise exception 'events % are written by what causes them', split_part(event_type, '.', 1) using errcode = 'PW030';
  end if;
  perform /* SCHEMA */partywall.append_events(array[/* SCHEMA */partywall.require_tenant_id()], array[event_type], array[event_payload], acting);
end
$function$;
comment on function /* SCHEMA */partywall.append_event(text, jsonb, jsonb) is 'Appends an event of the service for the organization of this transaction';

-- Who acts, for triggers: what the functions that members write through have noted.
create function /* SCHEMA */partywall.noted_actor() returns jsonb
  language sql stable set search_path = pg_catalog, pg_temp
  as $function$
    select case when coalesce(current_setting('partywall.acting_user', true), '') <> ''
      then jsonb_build_object('type', 'user', 'id', current_setting('partywall.acting_user', true)) end
  $function$;
comment on function /* SCHEMA */partywall.noted_actor() is 'The user for whom the control plane is written in this transaction, or NULL';

-- Whoever writes memberships, the event is written: with row_security = off as well, which the owner has. Those that go with their organization are not told one by one.
create function /* SCHEMA */partywall.tell_members() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  set row_security = on
  as $function$
declare
  told record;
begin
  if tg_op = 'INSERT' then
    select array_agg(w.organization_id order by w.user_id) as organizations, array_agg('member.added'::text) as types,
      array_agg(jsonb_build_object('userId', w.user_id, 'role', w.role, 'status', w.status) order by w.user_id) as payloads
    into told from written w;
  elsif tg_op = 'DELETE' then
    select array_agg(r.organization_id order by r.user_id) as organizations, array_agg('member.removed'::text) as types,
      array_agg(jsonb_build_object('userId', r.user_id, 'role', r.role) order by r.user_id) as payloads
    into told from replaced r join /* SCHEMA */partywall.organizations o on o.id = r.organization_id;
  else
    select array_agg(e.organization_id order by e.user_id, e.place) as organizations, array_agg(e.type order by e.user_id, e.place) as types,
      array_agg(e.payload order by e.user_id, e.place) as payloads
    into told from (
      select w.organization_id, w.user_id, 1 as place, 'member.role_changed' as type,
        jsonb_build_object('userId', w.user_id, 'role', w.role, 'roleBefore', r.role) as payload
      from written w join replaced r on r.organization_id = w.organization_id and r.user_id = w.user_id and r.role <> w.role
      union all
      select w.organization_id, w.user_id, 2, case w.status when 'suspended' then 'member.suspended' else 'member.activated' end,
        jsonb_build_object('userId', w.user_id, 'role', w.role)
      from written w join replaced r on r.organization_id = w.organization_id and r.user_id = w.user_id and r.status <> w.status
      union all
      select r.organization_id, r.user_id, 3, 'member.removed', jsonb_build_object('userId', r.user_id, 'role', r.role)
      from replaced r where not exists (select from written w where w.organization_id = r.organization_id and w.user_id = r.user_id)
      union all
      select w.organization_id, w.user_id, 4, 'member.added', jsonb_build_object('userId', w.user_id, 'role', w.role, 'status', w.status)
      from written w where not exists (select from replaced r where r.organization_id = w.organization_id and r.user_id = w.user_id)
    ) e;
  end if;
  if told.organizations is not null then
    perform /* SCHEMA */partywall.append_events(told.organizations, told.types, told.payloads, /* SCHEMA */partywall.noted_actor());
  end if;
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.tell_members() is 'Appends the events of the memberships that a statement wrote';
create trigger tell_added_members after insert on /* SCHEMA */partywall.memberships
  referencing new table as written for each statement execute function /* SCHEMA */partywall.tell_members();
create trigger tell_changed_members after update on /* SCHEMA */partywall.memberships
  referencing old table as replaced new table as written for each statement execute function /* SCHEMA */partywall.tell_members();
create trigger tell_removed_members after delete on /* SCHEMA */partywall.memberships
  referencing old table as replaced for each statement execute function /* SCHEMA */partywall.tell_members();

create function /* SCHEMA */partywall.tell_organizations() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  set row_security = on
  as $function$
declare
  told record;
begin
  if tg_op = 'INSERT' then
    select array_agg(w.id order by w.id) as organizations, array_agg('organization.created'::text) as types,
      array_agg(jsonb_build_object('slug', w.slug, 'name', w.name) order by w.id) as payloads
    into told from written w;
  elsif tg_op = 'DELETE' then
    select array_agg(r.id order by r.id) as organizations, array_agg('organization.purged'::text) as types,
      array_agg(jsonb_build_object('slug', r.slug) order by r.id) as payloads
    into told from replaced r;
  else
    select array_agg(e.id order by e.id, e.place) as organizations, array_agg(e.type order by e.id, e.place) as types,
      array_agg(e.payload order by e.id, e.place) as payloads
    into told from (
      select w.id, 1 as place, 'organization.updated' as type, jsonb_build_object('slug', w.slug, 'name', w.name) as payload
      from written w join replaced r on r.id = w.id and (r.slug, r.name) is distinct from (w.slug, w.name)
      union all
      select w.id, 2,
        case when w.status = 'active' and r.status = 'deleted' then 'organization.restored'
          when w.status = 'active' then 'organization.reactivated' else 'organization.' || w.status end,
        jsonb_build_object('slug', w.slug)
      from written w join replaced r on r.id = w.id and r.status <> w.status
    ) e;
  end if;
  if told.organizations is not null then
    perform /* SCHEMA */partywall.append_events(told.organizations, told.types, told.payloads, /* SCHEMA */partywall.noted_actor());
  end if;
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.tell_organizations() is 'Appends the events of the organizations that a statement wrote';
create trigger tell_added_organizations after insert on /* SCHEMA */partywall.organizations
  referencing new table as written for each statement execute function /* SCHEMA */partywall.tell_organizations();
create trigger tell_changed_organizations after update on /* SCHEMA */partywall.organizations
  referencing old table as replaced new table as written for each statement execute function /* SCHEMA */partywall.tell_organizations();
create trigger tell_removed_organizations after delete on /* SCHEMA */partywall.organizations
  referencing old table as replaced for each statement execute function /* SCHEMA */partywall.tell_organizations();

-- What nobody could deliver, for people: redriven or discarded.
create view /* SCHEMA */partywall.outbox_dead_letters as
  select e.organization_id, e.position, e.id, e.type, e.payload, e.actor, e.created_at, e.attempts, e.dead_at, e.last_error
  from /* SCHEMA */partywall.outbox e where e.dead_at is not null;
comment on view /* SCHEMA */partywall.outbox_dead_letters is 'Events that were given up';
grant select on /* SCHEMA */partywall.outbox_dead_letters to /* ROLE operator */partywall_operator;

grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.append_events(/* KEY */uuid[], text[], jsonb[], jsonb) from public;
revoke all on function /* SCHEMA */partywall.append_event(text, jsonb, jsonb) from public;
revoke all on function /* SCHEMA */partywall.noted_actor() from public;
revoke all on function /* SCHEMA */partywall.tell_members() from public;
revoke all on function /* SCHEMA */partywall.tell_organizations() from public;
grant execute on function /* SCHEMA */partywall.append_event(text, jsonb, jsonb) to /* ROLE app */partywall_app;
alter function /* SCHEMA */partywall.append_events(/* KEY */uuid[], text[], jsonb[], jsonb) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.append_event(text, jsonb, jsonb) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.noted_actor() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.tell_members() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.tell_organizations() owner to /* ROLE operator */partywall_operator;
alter view /* SCHEMA */partywall.outbox_dead_letters owner to /* ROLE operator */partywall_operator;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
