-- 0013_subscriptions: which plan an organization has, as billing says, in the order in which it happened there.
-- Breaking: no.  Locks: organizations, while the trigger and the foreign key come.  Reversible: yes (forgets the subscriptions).
--
-- What a plan includes is the service's to know. Here is what was bought, and until when.

create table /* SCHEMA */partywall.subscriptions (
  organization_id      /* KEY */uuid not null,
  plan                 text not null,
  status               text not null,
  seats                integer,
  current_period_start timestamptz,
  current_period_end   timestamptz,
  trial_ends_at        timestamptz,
  ends_at              timestamptz,
  overrides            jsonb not null default '{}',
  occurred_at          timestamptz not null,
  sequence             bigint not null default 0,
  created_at           timestamptz not null default pg_catalog.now(),
  updated_at           timestamptz not null default pg_catalog.now(),
  constraint subscriptions_pkey primary key (organization_id),
  constraint subscriptions_organization_id_fkey foreign key (organization_id)
    references /* SCHEMA */partywall.organizations (id) on delete cascade,
  constraint subscriptions_plan_check check (plan ~ '^[a-z][a-z0-9_-]{0,62}$'),
  constraint subscriptions_status_check check (
    status in ('incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled')),
  constraint subscriptions_trial_check check (status <> 'trialing' or trial_ends_at is not null),
  constraint subscriptions_seats_check check (seats >= 0),
  constraint subscriptions_period_check check (current_period_start < current_period_end),
  constraint subscriptions_overrides_check check (
    pg_catalog.jsonb_typeof(overrides) = 'object' and pg_catalog.octet_length(overrides::text) <= 8192)
);
comment on table /* SCHEMA */partywall.subscriptions is 'The plan of each organization; one without a row has none';
comment on column /* SCHEMA */partywall.subscriptions.seats is 'Seats that are paid for; NULL where the subscription says nothing of seats, or has no limit';
comment on column /* SCHEMA */partywall.subscriptions.overrides is 'What this organization was given beside or in place of what its plan includes';
comment on column /* SCHEMA */partywall.subscriptions.occurred_at is 'When billing came to this state: what is older changes nothing';
comment on column /* SCHEMA */partywall.subscriptions.sequence is 'Tells states of one moment apart, where billing counts them';

create policy tenant_access on /* SCHEMA */partywall.subscriptions
  as permissive for all to /* ROLE app */partywall_app using (true) with check (true);
create policy tenant_isolation on /* SCHEMA */partywall.subscriptions
  as restrictive for all to /* ROLE app */partywall_app
  using (organization_id = (select /* SCHEMA */partywall.require_tenant_id()))
  with check (organization_id = (select /* SCHEMA */partywall.require_tenant_id()));
create policy operator_access on /* SCHEMA */partywall.subscriptions
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.subscriptions enable row level security;

-- Read by the organization, written by billing, which is the operator: no member gives their organization a plan.
grant select on /* SCHEMA */partywall.subscriptions to /* ROLE app */partywall_app;
grant select, insert, update, delete on /* SCHEMA */partywall.subscriptions to /* ROLE operator */partywall_operator;

-- Whoever writes, also by hand: a state is never replaced by one that was before it, nor by another of the same moment.
create function /* SCHEMA */partywall.keep_subscription_order() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
begin
  if new.organization_id <> old.organization_id then
    raise exception 'a subscription stays with its organization' using errcode = 'PW010';
  end if;
  if (new.occurred_at, new.sequence) < (old.occurred_at, old.sequence) then
    raise exception 'the subscription has a later state already' using
      errcode = 'PW051', hint = 'Read the state from billing, and set occurred_at to when it was read.';
  end if;
  if (new.occurred_at, new.sequence) = (old.occurred_at, old.sequence)
    and (to_jsonb(new) - 'updated_at') is distinct from (to_jsonb(old) - 'updated_at') then
    raise exception 'the subscription has another state of the same moment' using
      errcode = 'PW051', hint = 'Read the state from billing, and set occurred_at to when it was read.';
  end if;
  return new;
end
$function$;
comment on function /* SCHEMA */partywall.keep_subscription_order() is 'Keeps a subscription from going back to a former state';
create trigger keep_subscription_order before update on /* SCHEMA */partywall.subscriptions
  for each row execute function /* SCHEMA */partywall.keep_subscription_order();

-- The seats that are paid for become the limit. Where more members are there, they stay and nobody comes: billing has sold
-- fewer already, and a refusal here would only be repeated.
create function /* SCHEMA */partywall.grant_paid_seats() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  -- As of the counts of members: the owner of the database writes with row_security = off.
  set row_security = on
  as $function$
begin
  update /* SCHEMA */partywall.organizations o set seat_limit = greatest(new.seats, o.member_count)
  where o.id = new.organization_id and new.seats is not null;
  if new.seats is null and tg_op = 'UPDATE' then
    update /* SCHEMA */partywall.organizations o set seat_limit = null where o.id = new.organization_id and old.seats is not null;
  end if;
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.grant_paid_seats() is 'Makes the seats that are paid for the limit of the organization';
create trigger grant_paid_seats after insert or update of seats on /* SCHEMA */partywall.subscriptions
  for each row execute function /* SCHEMA */partywall.grant_paid_seats();

-- Where seats are paid for, they are the limit, and nobody sets another beside them; as members go it comes down to what is
-- paid for. Its name comes before keep_member_counts, which judges the result.
create function /* SCHEMA */partywall.follow_paid_seats() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  set row_security = on
  as $function$
declare
  paid integer := (select s.seats from /* SCHEMA */partywall.subscriptions s where s.organization_id = new.id);
begin
  if paid is null then
    return new;
  end if;
  if pg_trigger_depth() < 2 and new.seat_limit is distinct from old.seat_limit then
    raise exception 'the seats are those of the subscription' using errcode = 'PW053', hint = 'Write the seats of the subscription.';
  end if;
  if new.member_count < old.member_count then
    new.seat_limit := least(new.seat_limit, greatest(paid, new.member_count));
  end if;
  return new;
end
$function$;
comment on function /* SCHEMA */partywall.follow_paid_seats() is 'Keeps the seat limit with the seats that are paid for';
create trigger follow_paid_seats before update of member_count, seat_limit on /* SCHEMA */partywall.organizations
  for each row when (new.member_count < old.member_count or new.seat_limit is distinct from old.seat_limit)
  execute function /* SCHEMA */partywall.follow_paid_seats();

create function /* SCHEMA */partywall.tell_subscriptions() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  set row_security = on
  as $function$
declare
  told record;
begin
  if tg_op = 'INSERT' then
    select array_agg(w.organization_id order by w.organization_id) as organizations,
      array_agg(/* SCHEMA */partywall.subscription_payload(to_jsonb(w), null) order by w.organization_id) as payloads
    into told from written w;
  elsif tg_op = 'DELETE' then
    select array_agg(r.organization_id order by r.organization_id) as organizations,
      array_agg(/* SCHEMA */partywall.subscription_payload(null, to_jsonb(r)) order by r.organization_id) as payloads
    into told from replaced r join /* SCHEMA */partywall.organizations o on o.id = r.organization_id;
  else
    select array_agg(w.organization_id order by w.organization_id) as organizations,
      array_agg(/* SCHEMA */partywall.subscription_payload(to_jsonb(w), to_jsonb(r)) order by w.organization_id) as payloads
    into told from written w join replaced r on r.organization_id = w.organization_id
    where to_jsonb(w) - array['occurred_at', 'sequence', 'updated_at'] <> to_jsonb(r) - array['occurred_at', 'sequence', 'updated_at'];
  end if;
  if told.organizations is not null then
    perform /* SCHEMA */partywall.append_events(told.organizations, array_fill('subscription.changed'::text, array[cardinality(told.organizations)]),
      told.payloads, /* SCHEMA */partywall.noted_actor());
  end if;
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.tell_subscriptions() is 'Appends the events of the subscriptions that a statement wrote';

create function /* SCHEMA */partywall.subscription_payload(new_state jsonb, old_state jsonb) returns jsonb
  language sql immutable parallel safe set search_path = pg_catalog, pg_temp
  as $function$
    select jsonb_build_object('plan', new_state -> 'plan', 'status', new_state -> 'status', 'seats', new_state -> 'seats',
      'planBefore', old_state -> 'plan', 'statusBefore', old_state -> 'status', 'seatsBefore', old_state -> 'seats')
  $function$;
comment on function /* SCHEMA */partywall.subscription_payload(jsonb, jsonb) is 'What the event of a subscription tells';

create trigger tell_added_subscriptions after insert on /* SCHEMA */partywall.subscriptions
  referencing new table as written for each statement execute function /* SCHEMA */partywall.tell_subscriptions();
create trigger tell_changed_subscriptions after update on /* SCHEMA */partywall.subscriptions
  referencing old table as replaced new table as written for each statement execute function /* SCHEMA */partywall.tell_subscriptions();
create trigger tell_removed_subscriptions after delete on /* SCHEMA */partywall.subscriptions
  referencing old table as replaced for each statement execute function /* SCHEMA */partywall.tell_subscriptions();

-- For the operator: a state as billing tells it. What is told twice, or after what came later, changes nothing.
-- The keys: plan, status, currentPeriodStart, currentPeriodEnd, trialEndsAt, endsAt, occurredAt, sequence; and seats and
-- overrides, which stay where they are left out.
create function /* SCHEMA */partywall.set_subscription(organization text, given jsonb) returns text
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := organization;
  stored /* SCHEMA */partywall.subscriptions;
  wanted /* SCHEMA */partywall.subscriptions;
begin
  perform /* SCHEMA */partywall.lock_organization(organization, null, null);
  select s.* into stored from /* SCHEMA */partywall.subscriptions s where s.organization_id = tenant for update;
  wanted := stored;
  wanted.organization_id := tenant;
  wanted.plan := given ->> 'plan';
  wanted.status := given ->> 'status';
  wanted.current_period_start := (given ->> 'currentPeriodStart')::timestamptz;
  wanted.current_period_end := (given ->> 'currentPeriodEnd')::timestamptz;
  wanted.trial_ends_at := (given ->> 'trialEndsAt')::timestamptz;
  wanted.ends_at := (given ->> 'endsAt')::timestamptz;
  wanted.occurred_at := (given ->> 'occurredAt')::timestamptz;
  wanted.sequence := coalesce((given ->> 'sequence')::bigint, 0);
  if given ? 'seats' then
    wanted.seats := (given ->> 'seats')::integer;
  end if;
  wanted.overrides := coalesce(given -> 'overrides', stored.overrides, '{}');
  if wanted.occurred_at > clock_timestamp() + interval '5 minutes' then
    raise exception 'the state is of a time to come, and would keep out all before it' using errcode = 'PW052';
  end if;
  if stored.organization_id is null then
    wanted.created_at := now();
    wanted.updated_at := now();
    insert into /* SCHEMA */partywall.subscriptions select wanted.*;
    return 'applied';
  end if;
  if (wanted.occurred_at, wanted.sequence) < (stored.occurred_at, stored.sequence) then
    return 'outdated';
  end if;
  if wanted = stored then
    return 'duplicate';
  end if;
  update /* SCHEMA */partywall.subscriptions s
  set plan = wanted.plan, status = wanted.status, seats = wanted.seats, current_period_start = wanted.current_period_start,
    current_period_end = wanted.current_period_end, trial_ends_at = wanted.trial_ends_at, ends_at = wanted.ends_at,
    overrides = wanted.overrides, occurred_at = wanted.occurred_at, sequence = wanted.sequence, updated_at = clock_timestamp()
  where s.organization_id = tenant;
  return 'applied';
end
$function$;
comment on function /* SCHEMA */partywall.set_subscription(text, jsonb) is 'Takes over the state of a subscription; for the operator';

-- Owned by the operator, as in 0002.
grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.keep_subscription_order() from public;
revoke all on function /* SCHEMA */partywall.grant_paid_seats() from public;
revoke all on function /* SCHEMA */partywall.follow_paid_seats() from public;
revoke all on function /* SCHEMA */partywall.tell_subscriptions() from public;
revoke all on function /* SCHEMA */partywall.subscription_payload(jsonb, jsonb) from public;
revoke all on function /* SCHEMA */partywall.set_subscription(text, jsonb) from public;
alter function /* SCHEMA */partywall.keep_subscription_order() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.grant_paid_seats() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.follow_paid_seats() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.tell_subscriptions() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.subscription_payload(jsonb, jsonb) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.set_subscription(text, jsonb) owner to /* ROLE operator */partywall_operator;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
