import { displayedRelation, heldThrough, relationGrants, statements, type CatalogRule } from '../catalog-rule.ts'

/** Drawing from a sequence needs USAGE. UPDATE sets it, so that the next row of everybody meets a key that is taken. */
export const sequencePrivilege: CatalogRule = {
  name: 'sequence-privilege',
  promise: 'the application sets no sequence',
  risk: 'A sequence that was set back gives the next row of every organization a key that is taken.',
  remedy: 'Revoke UPDATE on the sequence; USAGE is enough to draw from it.',
  severity: 'error',
  query: ({ boundRoles, settings }) => ({
    text: `
      select ${displayedRelation} as "table", format('%s may set it: revoke update on sequence %s from it or from public', r.rolname, c.oid::regclass) as detail,
             format('sequence %s for %s', ${displayedRelation}, r.rolname) as object,
             ${statements(`format('revoke update on sequence %s from ', c.oid::regclass) || ${heldThrough(relationGrants, "array['UPDATE']", settings)}`)} as fix
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where c.relkind = 'S' and c.relpersistence <> 't' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
        and has_schema_privilege(r.oid, n.oid, 'usage') and has_sequence_privilege(r.oid, c.oid, 'update')
        and (r.rolname = $2 or not has_sequence_privilege($2, c.oid, 'update'))`,
    values: [boundRoles, settings.roles.app],
  }),
}
