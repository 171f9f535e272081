-- 0003_conversion: the frozen plan, the journal of its steps, and the phase that the database has reached.
-- Breaking: no.  Locks: nothing that existed before.  Reversible: yes (forgets the conversion: roll it back first).

create table /* SCHEMA */partywall.conversion (
  singleton       boolean not null default true,
  phase           text not null default 'install',
  plan            jsonb,
  plan_hash       text,
  updated_at      timestamptz not null default pg_catalog.now(),
  constraint conversion_pkey primary key (singleton),
  constraint conversion_singleton_check check (singleton),
  constraint conversion_phase_check check (phase in ('install', 'expand', 'contract', 'enforce'))
);
comment on table /* SCHEMA */partywall.conversion is 'The frozen plan and the phase that is complete';
insert into /* SCHEMA */partywall.conversion default values;

create table /* SCHEMA */partywall.journal (
  step_id     text not null,
  position    integer not null,
  phase       text not null,
  status      text not null,
  started_at  timestamptz not null default pg_catalog.clock_timestamp(),
  finished_at timestamptz,
  duration_ms double precision,
  progress    jsonb,
  inverse     jsonb not null,
  constraint journal_pkey primary key (step_id),
  constraint journal_status_check check (status in ('started', 'done'))
);
comment on table /* SCHEMA */partywall.journal is 'What the conversion did, and how each step is undone';

-- Until the old unique keys and defaults are gone, a second organization would collide with the first, and old code
-- without a tenant would write into the wrong one.
create function /* SCHEMA */partywall.refuse_early_organization() returns trigger
  language plpgsql set search_path = pg_catalog
  as $function$
begin
  if not new.is_default
     and exists (select from /* SCHEMA */partywall.conversion where phase in ('install', 'expand')) then
    raise exception 'a second organization is refused until contract is done' using
      errcode = 'PW001', hint = 'Run: partywall apply --to contract';
  end if;
  return new;
end
$function$;
comment on function /* SCHEMA */partywall.refuse_early_organization() is 'Refuses a second organization before contract';
create trigger refuse_early_organization before insert on /* SCHEMA */partywall.organizations
  for each row execute function /* SCHEMA */partywall.refuse_early_organization();

grant select on /* SCHEMA */partywall.conversion to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.refuse_early_organization() from public;
