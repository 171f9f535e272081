-- The policy of a sealed context on the same rows, for a login of its own. The accessors are made in the schema before.
create role /* SEALED */ sealed nologin;
grant select on items to /* SEALED */ sealed;
grant usage on schema sealed to /* SEALED */ sealed;
create policy sealed_access on items for all to /* SEALED */ sealed using (true);
create policy sealed_isolation on items as restrictive for all to /* SEALED */ sealed
  using (org_id = (select sealed.require_tenant_id()));
