-- 0009_idempotency_keys: the answers to requests that may be repeated, kept in the transaction of their effect.
-- Breaking: no.  Locks: organizations, for the foreign key.  Reversible: yes (drops the answers).

create table /* SCHEMA */partywall.idempotency_keys (
  organization_id /* KEY */uuid not null,
  user_id         text not null,
  key             text not null,
  fingerprint     text not null,
  answer          jsonb,
  created_at      timestamptz not null default pg_catalog.now(),
  constraint idempotency_keys_pkey primary key (organization_id, user_id, key),
  constraint idempotency_keys_organization_id_fkey foreign key (organization_id)
    references /* SCHEMA */partywall.organizations (id) on delete cascade,
  constraint idempotency_keys_key_check check (pg_catalog.length(key) between 1 and 255)
);
comment on table /* SCHEMA */partywall.idempotency_keys is 'One row for each Idempotency-Key of a user in an organization; the application removes them after a day';
-- For the application, which removes what has expired a few rows at a time.
create index idempotency_keys_created_at_idx on /* SCHEMA */partywall.idempotency_keys (organization_id, created_at);

create policy tenant_access on /* SCHEMA */partywall.idempotency_keys
  as permissive for all to /* ROLE app */partywall_app using (true) with check (true);
create policy tenant_isolation on /* SCHEMA */partywall.idempotency_keys
  as restrictive for all to /* ROLE app */partywall_app
  using (organization_id = (select /* SCHEMA */partywall.require_tenant_id()))
  with check (organization_id = (select /* SCHEMA */partywall.require_tenant_id()));
create policy operator_access on /* SCHEMA */partywall.idempotency_keys
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.idempotency_keys enable row level security;

grant select, insert, update, delete on /* SCHEMA */partywall.idempotency_keys to /* ROLE app */partywall_app;
grant select, insert, update, delete on /* SCHEMA */partywall.idempotency_keys to /* ROLE operator */partywall_operator;
