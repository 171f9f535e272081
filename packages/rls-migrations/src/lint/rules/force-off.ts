import { displayedRelation, type CatalogRule } from '../../verify/catalog-rule.ts'
import { hasReached } from '../../plan/step.ts'
import { walledIn, walledTables } from '../walled-tables.ts'

/** Walls that were built by hand have no phase in which the owner is exempt on purpose. */
export const forceOff: CatalogRule = {
  name: 'force-off',
  promise: 'from enforce on the policies bind the owner of the tables as well',
  risk: 'A login that owns the table, or acts as its owner, sees every organization: a job or a migration that forgot its context writes to all of them.',
  remedy: 'Force it, when nothing runs as the owner any more that must see all rows.',
  severity: 'error',
  since: 'contract',
  query: (context) => ({
    text: `
      select ${displayedRelation} as "table", format('FORCE row-level security on %s', ${displayedRelation}) as object,
             format('%s, its owner, is exempt from the policies', pg_get_userbyid(c.relowner)) as detail,
             array[format('alter table %s force row level security', c.oid::regclass)] as fix,
             case when $2 then null else 'warning' end as severity
      from ${walledIn('$1')} w join pg_class c on c.oid = w.oid join pg_namespace n on n.oid = c.relnamespace
      where c.relrowsecurity and not c.relforcerowsecurity and ($2 or $3)`,
    values: [
      walledTables(context, 'tenant', 'user'),
      hasReached(context.phase, 'enforce'),
      context.plan.steps.length === 0,
    ],
  }),
}
