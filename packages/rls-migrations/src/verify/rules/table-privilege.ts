import {
  displayedRelation,
  heldThrough,
  planTables,
  relationGrants,
  statements,
  tablesIn,
  type CatalogRule,
} from '../catalog-rule.ts'

/**
 * TRUNCATE ignores policies, TRIGGER runs code as whoever writes next, REFERENCES opens an oracle, MAINTAIN locks
 * everybody out. Shared and user-level tables are not written by the application at all.
 */
export const tablePrivilege: CatalogRule = {
  name: 'table-privilege',
  promise: 'no role of the application holds a privilege that policies do not govern',
  risk: 'TRUNCATE empties the table for everybody, TRIGGER runs code as whoever writes next, REFERENCES asks which keys exist.',
  remedy: 'Revoke the privilege.',
  severity: 'error',
  query: ({ boundRoles, plan, serverVersion, settings }) => {
    const always = ['TRUNCATE', 'TRIGGER', 'REFERENCES', ...(serverVersion >= 170000 ? ['MAINTAIN'] : [])]
    return {
      text: `
        select ${displayedRelation} as "table", format('%s holds %s on it', r.rolname, array_to_string(held.privileges, ', ')) as detail,
               format('privileges of %s on %s', r.rolname, ${displayedRelation}) as object,
               ${statements(`format('revoke %s on %s from ', array_to_string(held.privileges, ', '), c.oid::regclass) || ${heldThrough(relationGrants, 'held.privileges', settings)}`)} as fix
        from (
          select c.oid as relation, r.oid as role, array_agg(p.privilege order by p.privilege) as privileges
          from pg_class c cross join pg_roles r
          cross join lateral (
            select privilege from unnest($4::text[]) privilege
            union all
            select privilege from unnest(array['INSERT', 'UPDATE', 'DELETE']) privilege where c.oid in ${tablesIn('$3')}
          ) p
          where c.oid in ${tablesIn('$2')} and r.rolname = any($1) and not r.rolsuper
            and (has_table_privilege(r.oid, c.oid, p.privilege)
                 or case when p.privilege in ('INSERT', 'UPDATE', 'REFERENCES') then has_any_column_privilege(r.oid, c.oid, p.privilege) else false end)
            and (r.rolname = $5 or not has_table_privilege($5, c.oid, p.privilege))
          group by c.oid, r.oid
        ) held join pg_class c on c.oid = held.relation join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.oid = held.role`,
      // A person belongs to many organizations, so none of them may change the person; a shared table belongs to all.
      values: [
        boundRoles,
        planTables(plan, 'tenant', 'user', 'shared'),
        planTables(plan, 'user', 'shared'),
        always,
        settings.roles.app,
      ],
    }
  },
}
