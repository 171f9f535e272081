import type { CatalogRule } from '../catalog-rule.ts'

/** A table of tomorrow has no wall yet: who is let in by default reads all of it. What the plan told of is accepted. */
export const defaultPrivilege: CatalogRule = {
  name: 'default-privilege',
  promise: 'no new table is open to the application before it has a wall',
  query: ({ boundRoles, plan }) => ({
    text: `
      select coalesce(g.rolname::text, '') as "table",
             format('tables that %s makes%s are open to %s (%s) from the start: revoke that from its default privileges',
               pg_get_userbyid(d.defaclrole), ' in ' || n.nspname, coalesce(g.rolname, 'PUBLIC'), string_agg(a.privilege_type, ', ' order by a.privilege_type)) as detail
      from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
      cross join aclexplode(d.defaclacl) a left join pg_roles g on g.oid = a.grantee
      where d.defaclobjtype = 'r' and a.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
        and (g.rolname = any($1) or a.grantee = 0)
        and not (a.grantee = 0 and format('default privileges of %s%s', pg_get_userbyid(d.defaclrole), ' in ' || n.nspname) = any($2))
      group by g.rolname, d.defaclrole, n.nspname`,
    values: [
      boundRoles,
      plan.hazards.filter((hazard) => hazard.id === 'default-privilege').map((hazard) => hazard.object),
    ],
  }),
}
