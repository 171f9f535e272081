-- The policies that the other libraries generate, on the same rows, each for a login of its own.
create role /* BETTER */ better nologin;
create role /* KIT */ kit nologin;
grant select on items to /* BETTER */ better, /* KIT */ kit;

create policy better_tenant on items for all to /* BETTER */ better
  using ((org_id)::text = current_setting('app.current_tenant', true)
    or current_setting('app.bypass_rls', true) = 'true');

create schema tenancy;
create function tenancy.current_tenant() returns text language sql stable
  as $$ select nullif(current_setting('tenancy.tenant_id', true), '') $$;
grant usage on schema tenancy to /* KIT */ kit;
create policy tenancy_isolation on items for all to /* KIT */ kit
  using (org_id = tenancy.current_tenant()::uuid);
