import { displayedRelation, planTables, tablesIn, type CatalogRule } from '../catalog-rule.ts'

/** Owners are exempt until FORCE, and may take every policy off at any time. */
export const ownership: CatalogRule = {
  name: 'ownership',
  promise: 'no role of the application owns a table, a view or a schema of the conversion',
  risk: 'An owner is exempt until FORCE, and takes every policy off when it likes.',
  remedy: 'Give the object to the owner of the conversion.',
  severity: 'error',
  query: ({ boundRoles, plan, settings }) => ({
    text: `
      with planned as (select c.oid, c.relnamespace from pg_class c where c.oid in ${tablesIn('$2')})
      select ${displayedRelation} as "table", format('%s owns it', pg_get_userbyid(c.relowner)) as detail,
             format('owner of %s', ${displayedRelation}) as object,
             array[format('alter %s %s owner to %I', case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end, c.oid::regclass, $5::text)] as fix
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where pg_get_userbyid(c.relowner) = any($1)
        and (c.oid in (select oid from planned) or n.nspname = $4 and c.relkind in ('r', 'p', 'v', 'm')
             or c.relkind in ('v', 'm') and c.relnamespace in (select relnamespace from planned) and pg_get_userbyid(c.relowner) <> $3)
      union all
      select pg_get_userbyid(n.nspowner), format('%s owns the schema %s', pg_get_userbyid(n.nspowner), n.nspname),
             format('owner of the schema %s', n.nspname), array[format('alter schema %I owner to %I', n.nspname, $5::text)]
      from pg_namespace n where pg_get_userbyid(n.nspowner) = any($1) and (n.oid in (select relnamespace from planned) or n.nspname = $4)`,
    // Views of old servers belong to the definer role, which the policies bind.
    values: [
      boundRoles,
      planTables(plan, 'tenant', 'user', 'shared'),
      settings.roles.definer,
      settings.controlSchema,
      settings.login,
    ],
  }),
}
