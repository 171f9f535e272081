drop function /* SCHEMA */partywall.require_tenant_id();
drop function /* SCHEMA */partywall.current_tenant_id();
drop schema /* SCHEMA */partywall;
