-- sealed_context: the tenant of a transaction is a token that the service signed, instead of a bare id.
-- Optional: part of a conversion with "seal", or of `partywall seal`.  Locks: nothing that existed before.  Reversible: yes.
--
-- A token is <key id>.<expiry>.<organization>.<code>. The expiry is in seconds since 1970, the code is the HMAC-SHA256 of
-- <database>:<key id>.<expiry>.<organization> in hexadecimal digits. Placeholders as in 0001; a line that ends with ACCEPT
-- stands only while bare ids are accepted beside tokens.

create table if not exists /* SCHEMA */partywall.seal_keys (
  id         text not null,
  inner_pad  bytea not null,
  outer_pad  bytea not null,
  created_at timestamptz not null default pg_catalog.now(),
  retires_at timestamptz,
  constraint seal_keys_pkey primary key (id),
  constraint seal_keys_id_check check (id ~ '^[0-9a-f]{8}$'),
  constraint seal_keys_pads_check check (pg_catalog.length(inner_pad) = 64 and pg_catalog.length(outer_pad) = 64)
);
comment on table /* SCHEMA */partywall.seal_keys is 'The keys of tenant tokens, as the two padded blocks of HMAC; its owner alone reads it';

-- Without a policy, so that a role that is granted the table some day still finds no key in it.
alter table /* SCHEMA */partywall.seal_keys enable row level security;

-- Runs as the owner of the keys. The code is made and compared in one query: a variable could end up in a plan, and a
-- session may have plans shown. Both codes are hashed before they are compared, so that the time that the comparison takes
-- tells nothing of the right one. The start of the transaction counts, so that a long one does not fail on its way.
create or replace function /* SCHEMA */partywall.require_tenant_id() returns /* KEY */uuid
  language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp
  as $function$
declare
  token text := current_setting(/* SETTING */'app.current_tenant_id', true);
  signed text := left(token, -65);
  tenant text;
  id /* KEY */uuid;
begin
  if token is null or token = '' then
    raise exception 'tenant context is not set' using
      errcode = '42501', hint = 'Run the statement inside a tenant scope.';
  end if;
  if token !~ '^[0-9a-f]{8}[.][0-9]+[.].+[.][0-9a-f]{64}$' then tenant := token; else -- ACCEPT
  perform from /* SCHEMA */partywall.seal_keys k
    where k.id = split_part(signed, '.', 1) and (k.retires_at is null or k.retires_at > now())
      and sha256(convert_to(right(token, 65), 'UTF8')) = sha256(convert_to('.' || encode(sha256(k.outer_pad ||
        sha256(k.inner_pad || convert_to(current_database() || ':' || signed, 'UTF8'))), 'hex'), 'UTF8'));
  if not found then
    raise exception 'tenant token is not valid' using
      errcode = '42501', hint = 'The service signs it: createTenancy({ seal: { key } }), with a key of this database.';
  end if;
  if to_timestamp(split_part(signed, '.', 2)::double precision) <= now() then
    raise exception 'tenant token has expired' using
      errcode = '42501', hint = 'Compare the clocks of the service and of the database.';
  end if;
  tenant := substr(signed, length(split_part(signed, '.', 1)) + length(split_part(signed, '.', 2)) + 3);
  end if; -- ACCEPT
  id := tenant;
  if id::text <> tenant then
    raise exception 'tenant context is not in the form that PostgreSQL prints' using errcode = '22023';
  end if;
  return id;
end
$function$;

-- Soft: NULL without a tenant, and never for a token that is refused.
create or replace function /* SCHEMA */partywall.current_tenant_id() returns /* KEY */uuid
  language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp
  as $function$
begin
  if coalesce(current_setting(/* SETTING */'app.current_tenant_id', true), '') = '' then
    return null;
  end if;
  return /* SCHEMA */partywall.require_tenant_id();
end
$function$;
