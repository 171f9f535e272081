import type { CatalogRule } from '../../verify/catalog-rule.ts'

const PARAMETER_PRIVILEGES = 150000

export const parameterPrivilege: CatalogRule = {
  name: 'parameter-privilege',
  promise: 'the application switches off no triggers',
  risk: 'With session_replication_role foreign keys and the triggers that keep organizations apart are not asked.',
  remedy: 'Revoke SET on the parameter.',
  severity: 'error',
  query: ({ boundRoles, serverVersion }) => ({
    text:
      serverVersion < PARAMETER_PRIVILEGES
        ? 'select null::text as "table", null::text as detail where $1::text[] is null'
        : `
      select r.rolname::text as "table", format('session_replication_role for %s', r.rolname) as object, format('%s may set session_replication_role', r.rolname) as detail,
             array(select format('revoke set on parameter session_replication_role from %s', case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end)
               from pg_parameter_acl a cross join aclexplode(a.paracl) g where a.parname = 'session_replication_role' and (g.grantee = 0 or pg_has_role(r.oid, g.grantee, 'usage'))) as fix
      from pg_roles r where r.rolname = any($1) and not r.rolsuper and has_parameter_privilege(r.oid, 'session_replication_role', 'set')`,
    values: [boundRoles],
  }),
}
