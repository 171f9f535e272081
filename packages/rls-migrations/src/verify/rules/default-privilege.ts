import type { CatalogRule } from '../catalog-rule.ts'

/** A table of tomorrow has no wall yet: who is let in by default reads all of it. What the plan told of is accepted. */
export const defaultPrivilege: CatalogRule = {
  name: 'default-privilege',
  promise: 'no new table is open to the application before it has a wall',
  risk: 'The next table that a migration makes is read and written by every organization, until somebody notices.',
  remedy: 'Revoke the default privileges; grant on each table when it has its policies.',
  severity: 'warning',
  since: 'install',
  query: ({ boundRoles, plan }) => ({
    text: `
      select coalesce(g.rolname::text, '') as "table",
             format('default privileges of %s%s for %s', pg_get_userbyid(d.defaclrole), ' in ' || n.nspname, coalesce(g.rolname, 'PUBLIC')) as object,
             format('tables that %s makes%s are open to %s (%s) from the start: revoke that from its default privileges',
               pg_get_userbyid(d.defaclrole), ' in ' || n.nspname, coalesce(g.rolname, 'PUBLIC'), string_agg(a.privilege_type, ', ' order by a.privilege_type)) as detail,
             array[format('alter default privileges for role %I%s revoke %s on tables from %s', pg_get_userbyid(d.defaclrole), ' in schema ' || quote_ident(n.nspname),
               string_agg(a.privilege_type, ', ' order by a.privilege_type), coalesce(quote_ident(g.rolname), 'public'))] as fix
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
