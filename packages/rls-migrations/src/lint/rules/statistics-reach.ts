import type { CatalogRule } from '../../verify/catalog-rule.ts'

const readers = [
  'pg_monitor',
  'pg_read_all_stats',
  'pg_stat_scan_tables',
  'pg_read_all_settings',
  'pg_signal_backend',
  'pg_checkpoint',
]

export const statisticsReach: CatalogRule = {
  name: 'statistics-reach',
  promise: 'the application sees the statements of nobody else',
  risk: 'pg_stat_activity and pg_stat_statements show the text of what other organizations ask, values included; a signal ends it.',
  remedy: 'Revoke the membership; let monitoring have a login of its own.',
  severity: 'warning',
  query: ({ boundRoles }) => ({
    text: `
      select r.rolname::text as "table", format('role %s as %s', r.rolname, g.rolname) as object, format('%s is a member of %s', r.rolname, g.rolname) as detail,
             array[format('revoke %I from %I', g.rolname, r.rolname)] as fix
      from pg_auth_members m join pg_roles r on r.oid = m.member and r.rolname = any($1) join pg_roles g on g.oid = m.roleid and g.rolname = any($2)`,
    values: [boundRoles, readers],
  }),
}
