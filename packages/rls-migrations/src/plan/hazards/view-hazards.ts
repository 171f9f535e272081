import type { View } from '../../catalog/catalog.ts'
import { displayName, sameName } from '../../sql/identifier.ts'
import { legacyRoles, type PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/** Views that refuse their readers, or that the application cannot have. */
export function viewHazards(context: PlanContext, view: View): Hazard[] {
  if (view.extension !== null) return []
  const name = displayName(view)
  if (view.kind === 'materialized') {
    return [
      {
        id: 'materialized-view',
        severity: 'warning',
        object: name,
        message:
          'A materialized view stores rows of every organization and can have no policy: the application cannot read it.',
      },
    ]
  }
  const readers = legacyRoles(context, view).filter((role) => role !== 'public')
  const blind = readers.filter((role) =>
    view.reads.some((read) => {
      const table = context.catalog.tables.find((one) => sameName(one, read))
      return (
        table !== undefined &&
        table.owner !== role &&
        !table.grants.some((grant) => grant.role === role || grant.role === 'public')
      )
    }),
  )
  if (blind.length === 0) return []
  return [
    {
      id: 'view-reader',
      severity: 'warning',
      object: name,
      message: `${blind.join(', ')} may read the view, but not the tables below it: the view will refuse them. Grant them SELECT on ${view.reads.map(displayName).join(', ')}.`,
    },
  ]
}
