import type { CatalogRule } from '../catalog-rule.ts'

/** Large objects know owners and privileges, and no policies: what one organization stores, all of them read. */
export const largeObjects: CatalogRule = {
  name: 'large-objects',
  promise: 'the application reaches no large object',
  risk: 'What one organization stores as a large object, every other one reads by its number.',
  remedy: 'Store it in a bytea column of a tenant table; revoke what is granted on the objects.',
  severity: 'error',
  query: ({ boundRoles }) => ({
    text: `
      select r.rolname::text as "table",
             format('%s reaches %s large objects, such as %s, which no policy divides: store them in a column of a table', r.rolname, count(distinct m.oid), min(m.oid)) as detail,
             format('large objects of %s', r.rolname) as object
      from pg_largeobject_metadata m join pg_roles r on r.rolname = any($1) and not r.rolsuper
      where m.lomowner = r.oid
         or exists (select from aclexplode(m.lomacl) a where a.grantee = 0 or pg_has_role(r.oid, a.grantee, 'usage'))
      group by r.rolname`,
    values: [boundRoles],
  }),
}
