import { quoteIdentifier } from '../../sql/identifier.ts'
import type { CatalogRule } from '../catalog-rule.ts'

/** A default for the tenant's setting makes every statement that forgot its context act in that organization. */
export const settingDefault: CatalogRule = {
  name: 'setting-default',
  promise: 'no role, database or server starts with a tenant',
  risk: 'Every statement that forgot its context acts in that organization, instead of failing.',
  remedy: 'Reset the setting.',
  severity: 'error',
  query: ({ settings }) => ({
    text: `
      select coalesce(r.rolname::text, '') as "table",
             format('%s starts every session with %s', coalesce('the role ' || r.rolname, 'the database'), $1::text) as detail,
             format('default of %s for %s', $1::text, coalesce('role ' || r.rolname, 'the database')) as object,
             array[case when s.setrole = 0 then format('alter database %I reset %s', current_database(), $2::text)
               else format('alter role %I%s reset %s', r.rolname, case when s.setdatabase <> 0 then format(' in database %I', current_database()) end, $2::text) end] as fix
      from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole
      where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
        and exists (select from unnest(s.setconfig) as one(setting) where lower(split_part(one.setting, '=', 1)) = lower($1) and split_part(one.setting, '=', 2) <> '')
      union all
      select '', format('the server starts every session with %s', $1::text), format('default of %s for the server', $1::text), '{}'
      from pg_settings where lower(name) = lower($1) and reset_val <> '' and source = 'configuration file'`,
    values: [settings.setting, settings.setting.split('.').map(quoteIdentifier).join('.')],
  }),
}
