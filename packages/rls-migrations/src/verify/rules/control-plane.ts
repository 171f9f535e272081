import { migrations } from '../../generated/migrations.ts'
import { grantsOnControlPlane } from '../../plan/migration-checks.ts'
import { renderTemplate } from '../../sql/sql-template.ts'
import { displayedRelation, heldThrough, relationGrants, statements, type CatalogRule } from '../catalog-rule.ts'

const privileges = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']

/** The policies of people trust the memberships, and the tool trusts its journal: neither is for the application. */
export const controlPlane: CatalogRule = {
  name: 'control-plane',
  promise: 'the application changes nothing in the control plane',
  risk: 'Whoever writes memberships makes anybody a member of any organization; whoever reads the journal reads the way back.',
  remedy: 'Revoke the privilege, give the function to the owner of the conversion, or drop the rule.',
  severity: 'error',
  needsPlan: true,
  query: ({ boundRoles, serverVersion, settings }) => ({
    text: `
      select r.rolname::text as "table", format('control plane %s for %s', c.oid::regclass, r.rolname) as object,
             format('%s holds %s on %s', r.rolname, array_to_string(held.privileges, ', '), c.oid::regclass) as detail,
             ${statements(`format('revoke %s on %s from ', array_to_string(held.privileges, ', '), c.oid::regclass) || ${heldThrough(relationGrants, 'held.privileges', settings)}`)} as fix
      from (
        select r.oid as role, c.oid as relation, array_agg(p.privilege order by p.privilege) as privileges
        from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.rolname = any($1) and not r.rolsuper
        cross join unnest($6::text[]) p(privilege)
        where n.nspname = $2 and c.relkind in ('r', 'p') and c.relname || ' ' || p.privilege <> all($5)
          and (has_table_privilege(r.oid, c.oid, p.privilege)
               or case when p.privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') then has_any_column_privilege(r.oid, c.oid, p.privilege) else false end)
          and (r.rolname = $3 or not has_table_privilege($3, c.oid, p.privilege))
        group by r.oid, c.oid
      ) held join pg_class c on c.oid = held.relation join pg_roles r on r.oid = held.role
      union all
      select r.rolname, format('function %s of %s', p.oid::regprocedure, r.rolname), format('%s owns %s', r.rolname, p.oid::regprocedure),
             array[format('alter function %s owner to %I', p.oid::regprocedure, $4::text)]
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles r on r.oid = p.proowner and r.rolname = any($1)
      where n.nspname = $2
      union all
      select ${displayedRelation}, format('rule %s on control plane %s', w.rulename, c.oid::regclass),
             format('the rule %s on %s changes what is written there', w.rulename, c.oid::regclass), array[format('drop rule %I on %s', w.rulename, c.oid::regclass)]
      from pg_rewrite w join pg_class c on c.oid = w.ev_class and c.relkind in ('r', 'p') join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $2`,
    values: [
      boundRoles,
      settings.controlSchema,
      settings.roles.app,
      settings.login,
      migrations.flatMap(({ up }) => grantsOnControlPlane(renderTemplate(up, settings), settings.roles.app)),
      [...privileges, ...(serverVersion >= 170000 ? ['MAINTAIN'] : [])],
    ],
  }),
}
