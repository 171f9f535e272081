-- 0001_tenant_context: the schema and the functions that read the tenant of the current transaction.
-- Breaking: no.  Locks: nothing that existed before.  Reversible: yes.
--
-- Words in comments are placeholders; the file is valid as it stands. SCHEMA, SETTING, KEY and NEW KEY come from the
-- configuration, the ROLE ones are the roles of the database that is converted.

create schema /* SCHEMA */partywall;
comment on schema /* SCHEMA */partywall is 'Partywall: tenant context, organizations and the journal of the conversion';

-- Soft: NULL without a tenant. For column defaults. Inlined by the planner, hence no SET clause and full qualification.
-- After its first use in a session the reset value of a custom setting is '' and not NULL, hence the nullif.
create function /* SCHEMA */partywall.current_tenant_id() returns /* KEY */uuid
  language sql stable parallel safe
  as $function$ select nullif(pg_catalog.current_setting(/* SETTING */'app.current_tenant_id', true), '')::/* KEY */uuid $function$;
comment on function /* SCHEMA */partywall.current_tenant_id() is 'The tenant of this transaction, or NULL';

-- Strict: raises without a tenant. For policies. Never IMMUTABLE: the planner would fold one tenant into a cached plan.
-- Every statement runs it: full qualification, since a SET clause costs half as much again as the rest of the call.
create function /* SCHEMA */partywall.require_tenant_id() returns /* KEY */uuid
  language plpgsql stable parallel safe
  as $function$
declare
  tenant pg_catalog.text := pg_catalog.current_setting(/* SETTING */'app.current_tenant_id', true);
  id /* KEY */uuid;
begin
  if tenant is null or tenant operator(pg_catalog.=) '' then
    raise exception 'tenant context is not set' using
      errcode = '42501', hint = 'Run the statement inside a tenant scope.';
  end if;
  id := tenant;
  -- One tenant, one text: limits and caches go by the text, and would count '7' and '007' as two.
  if id::pg_catalog.text operator(pg_catalog.<>) tenant then
    raise exception 'tenant context is not in the form that PostgreSQL prints' using errcode = '22023';
  end if;
  return id;
end
$function$;
comment on function /* SCHEMA */partywall.require_tenant_id() is 'The tenant of this transaction; raises 42501 without one';

revoke all on function /* SCHEMA */partywall.require_tenant_id() from public;
grant execute on function /* SCHEMA */partywall.require_tenant_id() to /* ROLE app */partywall_app, /* ROLE operator */partywall_operator, /* ROLE definer */partywall_definer;

-- Column defaults run as whoever inserts: roles that never heard of tenants must be able to call the soft accessor.
grant usage on schema /* SCHEMA */partywall to public;
