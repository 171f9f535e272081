import type { CatalogRule } from '../../verify/catalog-rule.ts'
import { heldThrough, statements } from '../../verify/catalog-rule.ts'

/** Extensions whose functions connect to somewhere, or run as somebody else. */
const outward = ['dblink', 'http', 'pg_net', 'pg_cron', 'pg_background', 'adminpack', 'file_fdw']

export const outwardFunction: CatalogRule = {
  name: 'outward-function',
  promise: 'the application calls no function that reaches out of the database',
  risk: 'Injected SQL connects as somebody else, or carries rows out of the network, and no rollback takes that back.',
  remedy: 'Revoke EXECUTE on the functions of the extension.',
  severity: 'warning',
  query: ({ boundRoles, settings }) => ({
    text: `
      select r.rolname::text as "table", format('extension %s for %s', e.extname, r.rolname) as object,
             format('%s may call %s functions of %s, such as %s', r.rolname, count(*), e.extname, min(p.oid::regprocedure::text)) as detail,
             ${statements(`string_agg('revoke execute on routine ' || p.oid::regprocedure || ' from ' || ${heldThrough("select a.grantee, a.privilege_type from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a", "array['EXECUTE']", settings)}, '; ')`)} as fix
      from pg_extension e join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e' and d.classid = 'pg_proc'::regclass
      join pg_proc p on p.oid = d.objid join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where e.extname = any($2) and p.prorettype not in ('fdw_handler'::regtype, 'language_handler'::regtype, 'trigger'::regtype)
        and has_function_privilege(r.oid, p.oid, 'execute') and has_schema_privilege(r.oid, p.pronamespace, 'usage')
        and (r.rolname = $3 or not has_function_privilege($3, p.oid, 'execute'))
      group by e.extname, r.rolname`,
    values: [boundRoles, outward, settings.roles.app],
  }),
}
