-- 0010_organization_settings: what the host lets an organization choose, with a version.
-- Breaking: no.  Locks: organizations, for the foreign key.  Reversible: yes (forgets the settings).
--
-- What is stored is what was chosen: defaults are the service's, which knows what a setting means and checks it.

create table /* SCHEMA */partywall.organization_settings (
  organization_id /* KEY */uuid not null,
  settings        jsonb not null,
  version         integer not null default 1,
  updated_at      timestamptz not null default pg_catalog.now(),
  constraint organization_settings_pkey primary key (organization_id),
  constraint organization_settings_organization_id_fkey foreign key (organization_id)
    references /* SCHEMA */partywall.organizations (id) on delete cascade,
  -- Half of what an event holds: the keys before and after fit into one.
  constraint organization_settings_settings_check check (
    pg_catalog.jsonb_typeof(settings) = 'object' and pg_catalog.octet_length(settings::text) <= 32768)
);
comment on table /* SCHEMA */partywall.organization_settings is 'What each organization chose; one without a row chose nothing, and has version 0';

create policy tenant_access on /* SCHEMA */partywall.organization_settings
  as permissive for all to /* ROLE app */partywall_app using (true) with check (true);
create policy tenant_isolation on /* SCHEMA */partywall.organization_settings
  as restrictive for all to /* ROLE app */partywall_app
  using (organization_id = (select /* SCHEMA */partywall.require_tenant_id()))
  with check (organization_id = (select /* SCHEMA */partywall.require_tenant_id()));
create policy operator_access on /* SCHEMA */partywall.organization_settings
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.organization_settings enable row level security;

grant select on /* SCHEMA */partywall.organization_settings to /* ROLE app */partywall_app;
-- Rows go with their organization alone: a version that begins anew would let an old writer pass for a current one.
grant select, insert, update on /* SCHEMA */partywall.organization_settings to /* ROLE operator */partywall_operator;

-- Whoever writes, also by hand: a version stands for one content.
create function /* SCHEMA */partywall.keep_settings_version() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
begin
  if tg_op = 'INSERT' then
    new.version := 1;
  elsif new.organization_id <> old.organization_id then
    raise exception 'settings stay with their organization' using errcode = 'PW010';
  else
    new.version := old.version + case when new.settings = old.settings then 0 else 1 end;
  end if;
  return new;
end
$function$;
comment on function /* SCHEMA */partywall.keep_settings_version() is 'Counts the versions of settings';
create trigger keep_settings_version before insert or update on /* SCHEMA */partywall.organization_settings
  for each row execute function /* SCHEMA */partywall.keep_settings_version();

-- Which settings, by their keys at the top. No values: what is chosen may be a secret, and events go to many.
create function /* SCHEMA */partywall.tell_settings() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  -- As of the events of members: the owner of the database writes with row_security = off.
  set row_security = on
  as $function$
declare
  settings_before jsonb := '{}';
  changed jsonb;
begin
  if tg_op = 'UPDATE' then
    settings_before := old.settings;
  end if;
  select jsonb_agg(k.name order by k.name) into changed
  from (select jsonb_object_keys(new.settings) as name union select jsonb_object_keys(settings_before)) k
  where new.settings -> k.name is distinct from settings_before -> k.name;
  if changed is not null then
    perform /* SCHEMA */partywall.append_events(array[new.organization_id], array['settings.changed'],
      array[jsonb_build_object('version', new.version, 'changedKeys', changed)], /* SCHEMA */partywall.noted_actor());
  end if;
  return null;
end
$function$;
comment on function /* SCHEMA */partywall.tell_settings() is 'Appends the event of settings that were written';
create trigger tell_settings after insert or update on /* SCHEMA */partywall.organization_settings
  for each row execute function /* SCHEMA */partywall.tell_settings();

-- The first half of a change: whoever has the lock decides on what is there, and nobody writes in between.
create function /* SCHEMA */partywall.lock_settings(organization text, acting_user text)
  returns table (stored_settings jsonb, stored_version integer)
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := organization;
begin
  perform /* SCHEMA */partywall.lock_organization(organization, acting_user, 'settings:update');
  return query select s.settings, s.version from /* SCHEMA */partywall.organization_settings s where s.organization_id = tenant;
  if not found then
    return query select '{}'::jsonb, 0;
  end if;
end
$function$;
comment on function /* SCHEMA */partywall.lock_settings(text, text) is 'Locks the settings of an organization for a change, and gives them';

-- The second half. It asks for the version again: a caller without the lock, or with an older snapshot, fails.
create function /* SCHEMA */partywall.put_settings(organization text, acting_user text, new_settings jsonb, expected_version integer) returns integer
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := organization;
  stored record;
  new_version integer;
begin
  select l.stored_settings, l.stored_version into stored from /* SCHEMA */partywall.lock_settings(organization, acting_user) l;
  if expected_version is distinct from stored.stored_version then
    raise exception 'the settings have changed since version %', expected_version using errcode = 'PW017';
  end if;
  if octet_length(new_settings::text) > 32768 then
    raise exception 'the settings are too large' using errcode = 'PW018';
  end if;
  if new_settings = stored.stored_settings then
    return expected_version;
  end if;
  insert into /* SCHEMA */partywall.organization_settings as s (organization_id, settings) values (tenant, new_settings)
  on conflict (organization_id) do update set settings = excluded.settings, updated_at = now()
  returning s.version into new_version;
  return new_version;
end
$function$;
comment on function /* SCHEMA */partywall.put_settings(text, text, jsonb, integer) is 'Stores the settings of an organization in place of a version';

create function /* SCHEMA */partywall.lock_own_settings(acting_user text)
  returns table (stored_settings jsonb, stored_version integer)
  language sql security definer set search_path = pg_catalog, pg_temp
  as $function$
    select * from /* SCHEMA */partywall.lock_settings(/* SCHEMA */partywall.require_tenant_id()::text,
      /* SCHEMA */partywall.require_acting_user(acting_user))
  $function$;
comment on function /* SCHEMA */partywall.lock_own_settings(text) is 'A member begins to change the settings of the organization';

create function /* SCHEMA */partywall.put_own_settings(acting_user text, new_settings jsonb, expected_version integer) returns integer
  language sql security definer set search_path = pg_catalog, pg_temp
  as $function$
    select /* SCHEMA */partywall.put_settings(/* SCHEMA */partywall.require_tenant_id()::text,
      /* SCHEMA */partywall.require_acting_user(acting_user), new_settings, expected_version)
  $function$;
comment on function /* SCHEMA */partywall.put_own_settings(text, jsonb, integer) is 'A member changes the settings of the organization';

-- Owned by the operator, as in 0002.
grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.keep_settings_version() from public;
revoke all on function /* SCHEMA */partywall.tell_settings() from public;
revoke all on function /* SCHEMA */partywall.lock_settings(text, text) from public;
revoke all on function /* SCHEMA */partywall.put_settings(text, text, jsonb, integer) from public;
revoke all on function /* SCHEMA */partywall.lock_own_settings(text) from public;
revoke all on function /* SCHEMA */partywall.put_own_settings(text, jsonb, integer) from public;
grant execute on function /* SCHEMA */partywall.lock_own_settings(text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.put_own_settings(text, jsonb, integer) to /* ROLE app */partywall_app;
alter function /* SCHEMA */partywall.tell_settings() owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.lock_settings(text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.put_settings(text, text, jsonb, integer) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.lock_own_settings(text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.put_own_settings(text, jsonb, integer) owner to /* ROLE operator */partywall_operator;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
