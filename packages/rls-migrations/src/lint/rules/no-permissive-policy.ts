import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

/** Restrictive policies only take away: without a permissive one beside them nothing is left. */
export const noPermissivePolicy: CatalogRule = {
  name: 'no-permissive-policy',
  promise: 'a policy lets the application at its own rows',
  risk: 'The table looks empty, and nothing says so. Whoever repairs it in a hurry takes the wall off.',
  remedy: 'Make a permissive policy for the application; the restrictive one narrows it.',
  severity: 'warning',
  query: (context) => ({
    text: `
      select ${displayedRelation} as "table", format('policies of %s', ${displayedRelation}) as object,
             case when exists (select from pg_policy p where p.polrelid = c.oid) then 'its policies are all restrictive: no role but the owner sees a row'
               else 'row-level security is on, and there is no policy: no role but the owner sees a row' end as detail
      from ${walledIn('$1')} w join pg_class c on c.oid = w.oid join pg_namespace n on n.oid = c.relnamespace
      where c.relrowsecurity and not exists (select from pg_policy p where p.polrelid = c.oid and p.polpermissive)
        and not exists (select from pg_inherits i where i.inhrelid = c.oid)`,
    values: [walledTables(context, 'tenant', 'user')],
  }),
}
