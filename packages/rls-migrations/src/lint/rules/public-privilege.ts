import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { isHostSchema, walledIn, walledTables } from '../walled-tables.ts'

/** Every login of the server is PUBLIC, and so is every one that will be. */
export const publicPrivilege: CatalogRule = {
  name: 'public-privilege',
  promise: 'PUBLIC holds nothing on tables of organizations and creates nothing in the schemas of the host',
  risk: 'Any login of the server, of whatever service, is one policy away from the rows, or puts objects in front of those of others.',
  remedy: 'Revoke it from PUBLIC, and grant what is needed to the roles that need it.',
  severity: 'warning',
  since: 'install',
  query: (context) => ({
    text: `
      select ${displayedRelation} as "table", format('privileges of PUBLIC on %s', ${displayedRelation}) as object,
             format('PUBLIC holds %s on it', string_agg(distinct g.privilege_type, ', ')) as detail,
             array[format('revoke all on %s from public', c.oid::regclass)] as fix,
             -- Where policies let only others in, it holds the privilege and sees nothing.
             case when c.relrowsecurity and not exists (select from pg_policy p where p.polrelid = c.oid and p.polpermissive and 0 = any (p.polroles) and p.polname <> 'legacy_access') then 'info' end as severity
      from ${walledIn('$1')} w join pg_class c on c.oid = w.oid join pg_namespace n on n.oid = c.relnamespace
      cross join lateral (select a.grantee, a.privilege_type from aclexplode(c.relacl) a union all select a.grantee, a.privilege_type from pg_attribute t cross join aclexplode(t.attacl) a where t.attrelid = c.oid) g
      where g.grantee = 0
      group by n.nspname, c.relname, c.oid, c.relrowsecurity
      union all
      select '', format('schema %s for PUBLIC', n.nspname), format('everybody may create objects in the schema %s', n.nspname),
             array[format('revoke create on schema %I from public', n.nspname)], null
      from pg_namespace n
      where ${isHostSchema('$2')} and exists (select from aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a where a.grantee = 0 and a.privilege_type = 'CREATE')`,
    values: [walledTables(context, 'tenant', 'user'), context.settings.controlSchema],
  }),
}
