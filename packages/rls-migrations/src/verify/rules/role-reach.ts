import { planTables, tablesIn, type CatalogRule } from '../catalog-rule.ts'

const serverRoles = [
  'pg_read_all_data',
  'pg_write_all_data',
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_execute_server_program',
]

/** Any membership counts: one that neither inherits nor may SET ROLE, but administers, gives itself the rest. */
export const roleReach: CatalogRule = {
  name: 'role-reach',
  promise: 'no role of the application reaches one that the policies do not bind',
  risk: 'One SET ROLE, or one GRANT to itself, and the role sees every organization.',
  remedy: 'Revoke the membership; let a login of its own do what needs it.',
  severity: 'error',
  query: ({ boundRoles, plan, settings }) => ({
    text: `
      with recursive reach as (
        -- Through which membership of its own it gets there: of another role of the application there is a row as well.
        select r.oid as start, r.oid as role, null::oid as through from pg_roles r where r.rolname = any($1)
        union
        select reach.start, m.roleid, coalesce(reach.through, m.roleid) from reach join pg_auth_members m on m.member = reach.role
      ), owners as (
        select c.relowner as oid from pg_class c where c.oid in ${tablesIn('$2')}
      )
      select s.rolname::text as "table",
             format('%s can act as %s, %s', s.rolname, t.rolname, case
               when t.rolsuper then 'a superuser' when t.rolname = any($3) then 'which sees every organization'
               when t.oid in (select oid from owners) then 'the owner of tenant tables' when t.rolbypassrls then 'which is BYPASSRLS'
               else 'which reads or writes past the policies' end) as detail,
             format('role %s as %s', s.rolname, t.rolname) as object,
             array_agg(distinct format('revoke %I from %I', pg_get_userbyid(reach.through), s.rolname))
               filter (where pg_get_userbyid(reach.through) <> all($1)) as fix
      from reach join pg_roles s on s.oid = reach.start join pg_roles t on t.oid = reach.role
      where t.oid <> s.oid
        and (t.rolsuper or t.rolbypassrls or t.rolname = any($3) or t.rolname = any($4) or t.oid in (select oid from owners))
      group by s.oid, s.rolname, t.oid, t.rolname, t.rolsuper, t.rolbypassrls
      union all
      select r.rolname, format('%s owns the database, and with it the schema public', r.rolname),
             format('owner of the database as %s', r.rolname), array[format('alter database %I owner to %I', d.datname, $5::text)]
      from pg_database d join pg_roles r on r.oid = d.datdba where d.datname = current_database() and r.rolname = any($1)`,
    values: [
      boundRoles,
      planTables(plan, 'tenant', 'user'),
      [settings.roles.operator, settings.roles.migrator],
      serverRoles,
      settings.login,
    ],
  }),
}
