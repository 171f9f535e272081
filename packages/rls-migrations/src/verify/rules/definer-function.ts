import { heldThrough, planTables, statements, tablesIn, type CatalogRule } from '../catalog-rule.ts'
import { controlPlaneFunctions } from '../control-plane-functions.ts'

/** A SECURITY DEFINER function runs with the rights of its owner. Trigger functions cannot be called. */
export const definerFunction: CatalogRule = {
  name: 'definer-function',
  promise: 'the application calls no function that runs as somebody whom the policies do not bind',
  risk: 'The function reads and writes the rows of every organization for whoever calls it.',
  remedy: 'Revoke EXECUTE, or give the function to the definer role, which the policies bind.',
  severity: 'error',
  query: ({ boundRoles, plan, settings }) => ({
    text: `
      with recursive exempt as (
        select r.oid from pg_roles r
        where r.rolsuper or r.rolbypassrls or r.rolname = any($3)
           or r.oid in (select c.relowner from pg_class c where c.oid in ${tablesIn('$2')})
        union
        select m.member from pg_auth_members m join exempt e on e.oid = m.roleid
      )
      select r.rolname::text as "table",
             format('%s may call %s, which runs with the rights of %s', r.rolname, p.oid::regprocedure, pg_get_userbyid(p.proowner)) as detail,
             format('function %s for %s', p.oid::regprocedure, r.rolname) as object,
             ${statements(`format('revoke execute on routine %s from ', p.oid::regprocedure) || ${heldThrough("select a.grantee, a.privilege_type from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a", "array['EXECUTE']", settings)}`)} as fix
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where p.prosecdef and p.prorettype <> 'trigger'::regtype and p.prorettype <> 'event_trigger'::regtype
        and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
        and p.proowner in (select oid from exempt)
        and p.oid <> all(select coalesce(to_regprocedure(signature)::oid, 0) from unnest($4::text[]) signature)
        -- Without a plan the lookups of the control plane are taken as they are.
        and (n.nspname <> $6 or $7)
        and has_function_privilege(r.oid, p.oid, 'execute') and has_schema_privilege(r.oid, n.oid, 'usage')
        and (r.rolname = $5 or not has_function_privilege($5, p.oid, 'execute'))`,
    values: [
      boundRoles,
      planTables(plan, 'tenant', 'user'),
      [settings.roles.operator, settings.roles.migrator],
      controlPlaneFunctions(plan),
      settings.roles.app,
      settings.controlSchema,
      plan.steps.length > 0,
    ],
  }),
}
