import { planTables, tablesIn, type CatalogRule } from '../../verify/catalog-rule.ts'

/** Settings of a role take effect at log-in and reach no role that the login takes on, so they are about logins. */
export const silentLogin: CatalogRule = {
  name: 'silent-login',
  promise: 'a login that acts as an owner is told when policies hide rows from it',
  risk: 'Under FORCE its maintenance, backfills and reports work on no rows, and succeed.',
  remedy: 'Set row_security off for the login, so that it fails instead; or let it be the migrator.',
  severity: 'warning',
  since: 'enforce',
  needsPlan: true,
  query: ({ plan, settings }) => ({
    text: `
      select l.rolname::text as "table", format('login %s', l.rolname) as object,
             format('it acts as %s, whose tables show it no rows without an error', string_agg(distinct o.rolname, ', ')) as detail,
             array[format('alter role %I in database %I set row_security = off', l.rolname, current_database())] as fix
      from pg_roles o join pg_roles l on l.rolcanlogin and not l.rolsuper and not l.rolbypassrls
        and case when current_setting('server_version_num')::int < 160000 then pg_has_role(l.oid, o.oid, 'member') else pg_has_role(l.oid, o.oid, 'usage') or pg_has_role(l.oid, o.oid, 'set') end
      where not o.rolsuper and o.oid in (select c.relowner from pg_class c where c.oid in ${tablesIn('$1')} and c.relforcerowsecurity)
        and (l.rolname = $2 or not exists (select from pg_roles ours where ours.rolname = any($3) and pg_has_role(l.oid, ours.oid, 'usage')))
        and not exists (select from pg_db_role_setting s where s.setrole = l.oid and s.setdatabase in (0, (select oid from pg_database where datname = current_database())) and 'row_security=off' = any (s.setconfig))
      group by l.rolname`,
    values: [planTables(plan, 'tenant'), settings.login, Object.values(settings.roles)],
  }),
}
