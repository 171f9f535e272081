grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
set local role /* ROLE operator */partywall_operator;
create or replace function /* SCHEMA */partywall.noted_actor() returns jsonb
  language sql stable set search_path = pg_catalog, pg_temp
  as $function$
    select case when coalesce(current_setting('partywall.acting_user', true), '') <> ''
      then jsonb_build_object('type', 'user', 'id', current_setting('partywall.acting_user', true)) end
  $function$;

create or replace function /* SCHEMA */partywall.leave_organization(acting_user text) returns text
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
reset role;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;

drop trigger revoke_keys_of_replaced_members on /* SCHEMA */partywall.memberships;
drop trigger revoke_keys_of_removed_members on /* SCHEMA */partywall.memberships;
drop function /* SCHEMA */partywall.revoke_keys_of_members();
