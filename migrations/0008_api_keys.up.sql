-- 0008_api_keys: keys by which programs act in an organization, within what the member who answers for them may do.
-- Breaking: no.  Locks: nothing that existed before.  Reversible: yes (forgets the keys).

create table /* SCHEMA */partywall.api_keys (
  id              text not null,
  organization_id /* KEY */uuid not null,
  name            text not null,
  permissions     text[] not null,
  granted_by      text not null,
  expires_at      timestamptz,
  revoked_at      timestamptz,
  last_used_at    timestamptz,
  created_at      timestamptz not null default pg_catalog.now(),
  updated_at      timestamptz not null default pg_catalog.now(),
  constraint api_keys_pkey primary key (id),
  constraint api_keys_organization_id_fkey foreign key (organization_id)
    references /* SCHEMA */partywall.organizations (id) on delete cascade,
  constraint api_keys_id_check check (id ~ '^[0-9A-Za-z]{16}$'),
  constraint api_keys_name_check check (pg_catalog.length(name) between 1 and 200),
  constraint api_keys_permissions_check check (
    pg_catalog.cardinality(permissions) between 1 and 200 and pg_catalog.array_position(permissions, null) is null
    and pg_catalog.array_to_string(permissions, ' ') ~ '^(([a-z][a-z0-9_-]*|[*]):([a-z][a-z0-9_-]*|[*])( |$))*$')
);
comment on table /* SCHEMA */partywall.api_keys is 'Keys by which programs act in an organization';
comment on column /* SCHEMA */partywall.api_keys.granted_by is 'The member who created or last rotated the key: it can do nothing that this member cannot';
create index api_keys_organization_id_idx on /* SCHEMA */partywall.api_keys (organization_id, id);

-- A key that is being rotated has two. The digest is of the whole text, so that an unknown id and a wrong secret are one
-- case: no row.
create table /* SCHEMA */partywall.api_key_secrets (
  digest     bytea not null,
  key_id     text not null,
  expires_at timestamptz,
  constraint api_key_secrets_pkey primary key (digest),
  constraint api_key_secrets_digest_check check (pg_catalog.octet_length(digest) = 32),
  constraint api_key_secrets_key_id_fkey foreign key (key_id) references /* SCHEMA */partywall.api_keys (id) on delete cascade
);
comment on table /* SCHEMA */partywall.api_key_secrets is 'The SHA-256 of the texts that are a key';
create index api_key_secrets_key_id_idx on /* SCHEMA */partywall.api_key_secrets (key_id);

create policy tenant_access on /* SCHEMA */partywall.api_keys
  as permissive for all to /* ROLE app */partywall_app using (true) with check (true);
create policy tenant_isolation on /* SCHEMA */partywall.api_keys
  as restrictive for all to /* ROLE app */partywall_app
  using (organization_id = (select /* SCHEMA */partywall.require_tenant_id()))
  with check (organization_id = (select /* SCHEMA */partywall.require_tenant_id()));
create policy operator_access on /* SCHEMA */partywall.api_keys
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.api_keys enable row level security;

create policy operator_access on /* SCHEMA */partywall.api_key_secrets
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.api_key_secrets enable row level security;

grant select on /* SCHEMA */partywall.api_keys to /* ROLE app */partywall_app;
grant select, insert, update, delete on /* SCHEMA */partywall.api_keys to /* ROLE operator */partywall_operator;
grant select, insert, update, delete on /* SCHEMA */partywall.api_key_secrets to /* ROLE operator */partywall_operator;

-- Whether rules include everything that another rule stands for: one of them does, and no later one takes a part away.
create function /* SCHEMA */partywall.includes_rule(permissions text[], rule text) returns boolean
  language sql immutable parallel safe set search_path = pg_catalog, pg_temp
  as $function$
    select exists (
      select from unnest(permissions) with ordinality as y (given, place)
      where left(y.given, 1) <> '!'
        and split_part(y.given, ':', 1) in ('*', split_part(rule, ':', 1))
        and split_part(y.given, ':', 2) in ('*', split_part(rule, ':', 2))
        and not exists (
          select from unnest(permissions) with ordinality as n (taken, place)
          where n.place > y.place and left(n.taken, 1) = '!'
            and ('*' in (split_part(rule, ':', 1), split_part(ltrim(n.taken, '!'), ':', 1))
              or split_part(rule, ':', 1) = split_part(ltrim(n.taken, '!'), ':', 1))
            and ('*' in (split_part(rule, ':', 2), split_part(n.taken, ':', 2))
              or split_part(rule, ':', 2) = split_part(n.taken, ':', 2))))
  $function$;
comment on function /* SCHEMA */partywall.includes_rule(text[], text) is 'Whether rules include everything that another rule stands for';

-- The member who answers for a key may do all that the key may.
create function /* SCHEMA */partywall.assert_key_within(organization text, acting_user text, wanted text[]) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := organization;
begin
  perform from /* SCHEMA */partywall.memberships m join /* SCHEMA */partywall.roles r on r.name = m.role
  where m.organization_id = tenant and m.user_id = acting_user
    and not exists (select from unnest(wanted) as w (rule) where not /* SCHEMA */partywall.includes_rule(r.permissions, w.rule));
  if not found then
    raise exception 'the key could do what who acts cannot' using errcode = 'PW042';
  end if;
end
$function$;
comment on function /* SCHEMA */partywall.assert_key_within(text, text, text[]) is 'Refuses a key that could do what a member cannot';

create function /* SCHEMA */partywall.create_api_key(acting_user text, key_id text, key_name text, wanted text[], secret_digest bytea, expires timestamptz)
  returns timestamptz
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  since timestamptz;
begin
  perform /* SCHEMA */partywall.lock_organization(tenant::text, /* SCHEMA */partywall.require_acting_user(acting_user), 'api-keys:create');
  perform /* SCHEMA */partywall.assert_key_within(tenant::text, acting_user, wanted);
  insert into /* SCHEMA */partywall.api_keys as k (id, organization_id, name, permissions, granted_by, expires_at)
  values (key_id, tenant, key_name, wanted, acting_user, expires) returning k.created_at into since;
  insert into /* SCHEMA */partywall.api_key_secrets (digest, key_id) values (secret_digest, key_id);
  return since;
end
$function$;
comment on function /* SCHEMA */partywall.create_api_key(text, text, text, text[], bytea, timestamptz) is 'A member creates a key';

-- Locks a key that is not revoked, for who may touch it: the key of somebody who stands above is not touched.
create function /* SCHEMA */partywall.lock_api_key(acting_user text, wanted_key text, permission text) returns text[]
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  acting_rank integer := /* SCHEMA */partywall.lock_organization(tenant::text, /* SCHEMA */partywall.require_acting_user(acting_user), permission);
  held record;
begin
  select k.granted_by, k.permissions into held from /* SCHEMA */partywall.api_keys k
  where k.organization_id = tenant and k.id = wanted_key and k.revoked_at is null for update;
  if not found then
    raise exception 'there is no such key' using errcode = 'PW041';
  end if;
  if held.granted_by <> acting_user then
    perform /* SCHEMA */partywall.assert_outranks(acting_rank, m.role) from /* SCHEMA */partywall.memberships m
    where m.organization_id = tenant and m.user_id = held.granted_by;
  end if;
  return held.permissions;
end
$function$;
comment on function /* SCHEMA */partywall.lock_api_key(text, text, text) is 'Locks a key, for who may touch it';

-- The secrets before it end after a time in which both are taken. Who rotates answers for the key from here on.
create function /* SCHEMA */partywall.rotate_api_key(acting_user text, rotated_key text, secret_digest bytea, overlap_seconds integer, expires timestamptz)
  returns timestamptz
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  tenant /* KEY */uuid := /* SCHEMA */partywall.require_tenant_id();
  until timestamptz := clock_timestamp() + make_interval(secs => overlap_seconds);
begin
  perform /* SCHEMA */partywall.assert_key_within(tenant::text, acting_user, /* SCHEMA */partywall.lock_api_key(acting_user, rotated_key, 'api-keys:create'));
  update /* SCHEMA */partywall.api_key_secrets s set expires_at = least(s.expires_at, until) where s.key_id = rotated_key;
  delete from /* SCHEMA */partywall.api_key_secrets s where s.key_id = rotated_key and s.expires_at <= clock_timestamp();
  insert into /* SCHEMA */partywall.api_key_secrets (digest, key_id) values (secret_digest, rotated_key);
  update /* SCHEMA */partywall.api_keys k set granted_by = acting_user, expires_at = expires, updated_at = clock_timestamp() where k.id = rotated_key;
  return until;
end
$function$;
comment on function /* SCHEMA */partywall.rotate_api_key(text, text, bytea, integer, timestamptz) is 'A member gives a key a new secret';

create function /* SCHEMA */partywall.revoke_api_key(acting_user text, revoked_key text) returns timestamptz
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  revoked timestamptz := clock_timestamp();
begin
  perform /* SCHEMA */partywall.lock_api_key(acting_user, revoked_key, 'api-keys:revoke');
  delete from /* SCHEMA */partywall.api_key_secrets s where s.key_id = revoked_key;
  update /* SCHEMA */partywall.api_keys k set revoked_at = revoked, updated_at = revoked where k.id = revoked_key;
  return revoked;
end
$function$;
comment on function /* SCHEMA */partywall.revoke_api_key(text, text) is 'A member ends a key';

-- Asked before a tenant is known, at every request. A key whose member is gone or suspended is no key.
create function /* SCHEMA */partywall.find_api_key(secret_digest bytea)
  returns table (key_id text, organization_id /* KEY */uuid, slug text, organization_status text, role text, role_permissions text[], key_permissions text[], used_lately boolean)
  language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
  rows 1
  as $function$
    select k.id, o.id, o.slug, o.status, m.role, r.permissions, k.permissions,
      coalesce(k.last_used_at > now() - interval '1 minute', false)
    from /* SCHEMA */partywall.api_key_secrets s
    join /* SCHEMA */partywall.api_keys k on k.id = s.key_id
    join /* SCHEMA */partywall.organizations o on o.id = k.organization_id
    join /* SCHEMA */partywall.memberships m on m.organization_id = k.organization_id and m.user_id = k.granted_by and m.status = 'active'
    join /* SCHEMA */partywall.roles r on r.name = m.role
    where s.digest = secret_digest and k.revoked_at is null
      and coalesce(s.expires_at > now(), true) and coalesce(k.expires_at > now(), true)
  $function$;
comment on function /* SCHEMA */partywall.find_api_key(bytea) is 'Lookup before a tenant is known: one key, by the digest of its text';

-- Waits for nobody: who cannot lock the row leaves it to who has.
create function /* SCHEMA */partywall.touch_api_key(secret_digest bytea) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
begin
  update /* SCHEMA */partywall.api_keys k set last_used_at = now()
  where k.id = (
    select t.id from /* SCHEMA */partywall.api_keys t join /* SCHEMA */partywall.api_key_secrets s on s.key_id = t.id
    where s.digest = secret_digest and coalesce(t.last_used_at <= now() - interval '1 minute', true)
    for no key update of t skip locked);
  return found;
end
$function$;
comment on function /* SCHEMA */partywall.touch_api_key(bytea) is 'Remembers that a key was used, at most once a minute';

-- Owned by the operator, as in 0002.
grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.includes_rule(text[], text) from public;
revoke all on function /* SCHEMA */partywall.assert_key_within(text, text, text[]) from public;
revoke all on function /* SCHEMA */partywall.create_api_key(text, text, text, text[], bytea, timestamptz) from public;
revoke all on function /* SCHEMA */partywall.lock_api_key(text, text, text) from public;
revoke all on function /* SCHEMA */partywall.rotate_api_key(text, text, bytea, integer, timestamptz) from public;
revoke all on function /* SCHEMA */partywall.revoke_api_key(text, text) from public;
revoke all on function /* SCHEMA */partywall.find_api_key(bytea) from public;
revoke all on function /* SCHEMA */partywall.touch_api_key(bytea) from public;
grant execute on function /* SCHEMA */partywall.create_api_key(text, text, text, text[], bytea, timestamptz) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.rotate_api_key(text, text, bytea, integer, timestamptz) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.revoke_api_key(text, text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.find_api_key(bytea) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.touch_api_key(bytea) to /* ROLE app */partywall_app;
alter function /* SCHEMA */partywall.includes_rule(text[], text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.assert_key_within(text, text, text[]) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.create_api_key(text, text, text, text[], bytea, timestamptz) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.lock_api_key(text, text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.rotate_api_key(text, text, bytea, integer, timestamptz) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.revoke_api_key(text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.find_api_key(bytea) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.touch_api_key(bytea) owner to /* ROLE operator */partywall_operator;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
