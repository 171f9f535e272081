import type { Table, View } from '../../catalog/catalog.ts'
import { displayName, type QualifiedName } from '../../sql/identifier.ts'
import { legacyRoles, type PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'
import { INVOKER_VIEWS } from '../steps/views.ts'

/** Views that refuse their readers, or that the application cannot have. */
export function viewHazards(context: PlanContext, view: View): Hazard[] {
  if (view.extension !== null) return []
  if (view.kind === 'materialized') return [storedRows(view)]
  if (context.catalog.serverVersion < INVOKER_VIEWS) return [tenantNeeded(view)]
  const before = new Set(relationsAskedFor(context, view, (one) => one.securityInvoker === true))
  const added = relationsAskedFor(context, view, () => true).filter((relation) => !before.has(relation))
  const refused = legacyRoles(context, view)
    .map((role) => ({ role, missing: added.filter((relation) => !mayRead(role, relation)) }))
    .filter(({ missing }) => missing.length > 0)
  if (refused.length === 0) return []
  const roles = refused.map(({ role }) => (role === 'public' ? 'PUBLIC' : role))
  const missing = [...new Set(refused.flatMap((one) => one.missing))]
  return [
    {
      id: 'view-reader',
      severity: 'warning',
      object: displayName(view),
      message: `${roles.join(', ')} may read the view, but not what is below it: from expand on the view refuses them. Grant them SELECT on ${missing.map(displayName).join(', ')}.`,
    },
  ]
}

function storedRows(view: View): Hazard {
  return {
    id: 'materialized-view',
    severity: 'warning',
    object: displayName(view),
    message:
      'A materialized view stores rows of every organization and can have no policy: the application cannot read it.',
  }
}

function tenantNeeded(view: View): Hazard {
  return {
    id: 'view-tenant',
    severity: 'warning',
    object: displayName(view),
    message:
      'Before PostgreSQL 15 a view cannot run with the rights of its reader. From expand on it needs a tenant, and refuses code that has none.',
  }
}

/** The relations on which the reader itself needs privileges, through views that run with the rights of their reader. */
function relationsAskedFor(
  { graph }: PlanContext,
  view: View,
  isInvoker: (view: View) => boolean,
): readonly (Table | View)[] {
  const found = new Set<Table | View>()
  const relation = (name: QualifiedName): Table | View | undefined => graph.table(name) ?? graph.view(name)
  const visit = (one: View): void => {
    if (one.kind === 'materialized' || one.extension !== null || !isInvoker(one)) return
    for (const read of one.reads.map(relation)) {
      if (read === undefined || found.has(read)) continue
      found.add(read)
      if ('reads' in read) visit(read)
    }
  }
  visit(view)
  return [...found]
}

/** Through a group it may hold what is not seen here: better one warning too many. */
function mayRead(role: string, { owner, grants, columnGrants }: Table | View): boolean {
  return (
    owner === role ||
    grants.some((grant) => (grant.role === role || grant.role === 'public') && grant.privileges.includes('SELECT')) ||
    columnGrants.some((grant) => (grant.role === role || grant.role === 'public') && grant.privilege === 'SELECT')
  )
}
