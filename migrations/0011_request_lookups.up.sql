-- 0011_request_lookups: what the requests in flight ask before a tenant is known, in one statement.
-- Breaking: no.  Locks: none.  Reversible: yes (drops the functions; services of this version go on only after an upgrade).

-- As find_member of 0004 for many questions at once: each is answered by itself, in the place that it has in the arrays. A
-- function in plpgsql keeps its plan for the session; without the setting it would plan anew each time, since a short array
-- looks cheaper than one of unknown length, and planning takes six times as long as the rest. The inner query cannot be
-- pulled up, so that its plan is that of one user by the index, however many are asked about; and an unknown organization
-- costs what a foreign one does.
create function /* SCHEMA */partywall.find_members(requested_organizations text[], requesting_users text[])
  returns table (ordinal integer, organization_id /* KEY */uuid, slug text, organization_status text, role text, membership_status text, permissions text[])
  language plpgsql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
  as $function$
begin
  return query
    select a.ordinal::integer, f.id, f.slug, f.status, f.role, f.membership_status, f.permissions
    from unnest(requested_organizations, requesting_users) with ordinality as a (organization, user_id, ordinal)
    cross join lateral (
      select o.id, o.slug, o.status, m.role, m.status as membership_status, r.permissions
      from /* SCHEMA */partywall.memberships m
      join /* SCHEMA */partywall.organizations o on o.id = m.organization_id
      join /* SCHEMA */partywall.roles r on r.name = m.role
      where m.user_id = a.user_id and (o.slug = a.organization or o.id::text = a.organization)
      offset 0
    ) f;
end
$function$;
comment on function /* SCHEMA */partywall.find_members(text[], text[]) is 'Lookup before a tenant is known: users in organizations, each by its place';

-- As find_api_key of 0008, for many keys at once.
create function /* SCHEMA */partywall.find_api_keys(secret_digests bytea[])
  returns table (ordinal integer, key_id text, organization_id /* KEY */uuid, slug text, organization_status text, role text, role_permissions text[], key_permissions text[], used_lately boolean)
  language plpgsql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
  as $function$
begin
  return query
    select a.ordinal::integer, f.id, f.organization_id, f.slug, f.status, f.role, f.role_permissions, f.key_permissions, f.used_lately
    from unnest(secret_digests) with ordinality as a (digest, ordinal)
    cross join lateral (
      select k.id, o.id as organization_id, o.slug, o.status, m.role, r.permissions as role_permissions, k.permissions as key_permissions,
        coalesce(k.last_used_at > now() - interval '1 minute', false) as used_lately
      from /* SCHEMA */partywall.api_key_secrets s
      join /* SCHEMA */partywall.api_keys k on k.id = s.key_id
      join /* SCHEMA */partywall.organizations o on o.id = k.organization_id
      join /* SCHEMA */partywall.memberships m on m.organization_id = k.organization_id and m.user_id = k.granted_by and m.status = 'active'
      join /* SCHEMA */partywall.roles r on r.name = m.role
      where s.digest = a.digest and k.revoked_at is null
        and coalesce(s.expires_at > now(), true) and coalesce(k.expires_at > now(), true)
      offset 0
    ) f;
end
$function$;
comment on function /* SCHEMA */partywall.find_api_keys(bytea[]) is 'Lookup before a tenant is known: keys, each by the digest of its text and its place';

-- Which organization owns the rows from before the conversion, for clients that name none. It says so to any of them:
-- membership is asked for all the same.
create function /* SCHEMA */partywall.find_default_organization() returns /* KEY */uuid
  language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
  as $function$
    select o.id from /* SCHEMA */partywall.organizations o where o.is_default
  $function$;
comment on function /* SCHEMA */partywall.find_default_organization() is 'Lookup before a tenant is known: the organization that owns the rows from before the conversion';

-- Owned by the operator, as in 0002.
grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.find_members(text[], text[]) from public;
revoke all on function /* SCHEMA */partywall.find_api_keys(bytea[]) from public;
revoke all on function /* SCHEMA */partywall.find_default_organization() from public;
grant execute on function /* SCHEMA */partywall.find_members(text[], text[]) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.find_api_keys(bytea[]) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.find_default_organization() to /* ROLE app */partywall_app;
alter function /* SCHEMA */partywall.find_members(text[], text[]) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.find_api_keys(bytea[]) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.find_default_organization() owner to /* ROLE operator */partywall_operator;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
