-- 0002_organizations: the records that own tenants, and the people in them.
-- Breaking: no.  Locks: nothing that existed before.  Reversible: yes (drops organizations and memberships).

create table /* SCHEMA */partywall.organizations (
  id         /* KEY */uuid not null default /* NEW KEY */pg_catalog.gen_random_uuid(),
  slug       text not null,
  name       text not null,
  status     text not null default 'active',
  is_default boolean not null default false,
  created_at timestamptz not null default pg_catalog.now(),
  updated_at timestamptz not null default pg_catalog.now(),
  constraint organizations_pkey primary key (id),
  constraint organizations_slug_key unique (slug),
  constraint organizations_slug_check check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  constraint organizations_name_check check (pg_catalog.length(name) between 1 and 200),
  constraint organizations_status_check check (status in ('active', 'suspended', 'deleted'))
);
comment on table /* SCHEMA */partywall.organizations is 'One row for each organization; its id is the tenant of the rows it owns';

-- At most one organization owns the rows that existed before the conversion.
create unique index organizations_default_key on /* SCHEMA */partywall.organizations (is_default) where is_default;

create table /* SCHEMA */partywall.memberships (
  organization_id /* KEY */uuid not null,
  user_id         text not null,
  role            text not null,
  status          text not null default 'active',
  created_at      timestamptz not null default pg_catalog.now(),
  updated_at      timestamptz not null default pg_catalog.now(),
  constraint memberships_pkey primary key (organization_id, user_id),
  constraint memberships_organization_id_fkey foreign key (organization_id)
    references /* SCHEMA */partywall.organizations (id) on delete cascade,
  constraint memberships_role_check check (role in ('owner', 'admin', 'member', 'viewer')),
  constraint memberships_status_check check (status in ('active', 'suspended', 'pending'))
);
comment on table /* SCHEMA */partywall.memberships is 'Which user, by the id in the users table of the host as text, belongs to which organization';
create index memberships_user_id_idx on /* SCHEMA */partywall.memberships (user_id);

create policy tenant_access on /* SCHEMA */partywall.organizations
  as permissive for all to /* ROLE app */partywall_app using (true) with check (true);
create policy tenant_isolation on /* SCHEMA */partywall.organizations
  as restrictive for all to /* ROLE app */partywall_app
  using (id = (select /* SCHEMA */partywall.require_tenant_id()))
  with check (id = (select /* SCHEMA */partywall.require_tenant_id()));
create policy operator_access on /* SCHEMA */partywall.organizations
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.organizations enable row level security;

create policy tenant_access on /* SCHEMA */partywall.memberships
  as permissive for all to /* ROLE app */partywall_app using (true) with check (true);
create policy tenant_isolation on /* SCHEMA */partywall.memberships
  as restrictive for all to /* ROLE app */partywall_app
  using (organization_id = (select /* SCHEMA */partywall.require_tenant_id()))
  with check (organization_id = (select /* SCHEMA */partywall.require_tenant_id()));
create policy operator_access on /* SCHEMA */partywall.memberships
  as permissive for all to /* ROLE operator */partywall_operator using (true) with check (true);
alter table /* SCHEMA */partywall.memberships enable row level security;

grant select on /* SCHEMA */partywall.organizations to /* ROLE app */partywall_app;
-- The application reads memberships and never writes them: the policy of the people's table trusts them, and a row that
-- the application could add would show it anybody's person.
grant select on /* SCHEMA */partywall.memberships to /* ROLE app */partywall_app;
grant select, insert, update, delete on /* SCHEMA */partywall.organizations to /* ROLE operator */partywall_operator;
grant select, insert, update, delete on /* SCHEMA */partywall.memberships to /* ROLE operator */partywall_operator;

-- The people of the current organization, for the policies of user-level tables: evaluated once a statement, as an
-- array, so that the index on the user's id stays usable. Suspended people stay visible: what they wrote is still there.
-- Pending ones are not: they have not agreed to be seen.
create function /* SCHEMA */partywall.current_member_ids() returns text[]
  language sql stable parallel safe set search_path = pg_catalog
  as $function$
    select coalesce(array_agg(m.user_id), '{}')
    from /* SCHEMA */partywall.memberships m
    where m.organization_id = /* SCHEMA */partywall.require_tenant_id() and m.status <> 'pending'
  $function$;
comment on function /* SCHEMA */partywall.current_member_ids() is 'The user ids of the organization of this transaction';
revoke all on function /* SCHEMA */partywall.current_member_ids() from public;
grant execute on function /* SCHEMA */partywall.current_member_ids() to /* ROLE app */partywall_app;

-- The one question that is asked before a tenant is known: may this user act in this organization? It runs as the
-- operator, answers about one user and one organization, and never tells an unknown organization from a foreign one.
create function /* SCHEMA */partywall.find_membership(requested_organization text, requesting_user text)
  returns table (organization_id /* KEY */uuid, slug text, organization_status text, role text, membership_status text)
  language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
  rows 1
  as $function$
    select o.id, o.slug, o.status, m.role, m.status
    from /* SCHEMA */partywall.memberships m
    join /* SCHEMA */partywall.organizations o on o.id = m.organization_id
    where m.user_id = requesting_user
      and (o.slug = requested_organization or o.id::text = requested_organization)
  $function$;
comment on function /* SCHEMA */partywall.find_membership(text, text) is 'Lookup before a tenant is known: one user in one organization';

create function /* SCHEMA */partywall.list_memberships(requesting_user text)
  returns table (organization_id /* KEY */uuid, slug text, name text, organization_status text, role text, membership_status text)
  language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp
  as $function$
    select o.id, o.slug, o.name, o.status, m.role, m.status
    from /* SCHEMA */partywall.memberships m
    join /* SCHEMA */partywall.organizations o on o.id = m.organization_id
    where m.user_id = requesting_user
    order by o.slug
  $function$;
comment on function /* SCHEMA */partywall.list_memberships(text) is 'Lookup before a tenant is known: the organizations of one user';

-- Owned by the operator, whom the policies let read across organizations: never by the owner of the tables, who is
-- exempt from every policy. CREATE on the schema is needed only for the change of owner.
grant create on schema /* SCHEMA */partywall to /* ROLE operator */partywall_operator;
revoke all on function /* SCHEMA */partywall.find_membership(text, text) from public;
revoke all on function /* SCHEMA */partywall.list_memberships(text) from public;
grant execute on function /* SCHEMA */partywall.find_membership(text, text) to /* ROLE app */partywall_app;
grant execute on function /* SCHEMA */partywall.list_memberships(text) to /* ROLE app */partywall_app;
alter function /* SCHEMA */partywall.find_membership(text, text) owner to /* ROLE operator */partywall_operator;
alter function /* SCHEMA */partywall.list_memberships(text) owner to /* ROLE operator */partywall_operator;
revoke create on schema /* SCHEMA */partywall from /* ROLE operator */partywall_operator;
