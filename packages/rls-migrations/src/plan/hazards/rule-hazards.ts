import type { Table, View } from '../../catalog/catalog.ts'
import { displayName } from '../../sql/identifier.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/** Rewrite rules: until FORCE their actions see and change the rows of every organization, whoever sets them off. */
export function ruleHazards(context: PlanContext): Hazard[] {
  const { catalog, tenantTables, userTable, sharedTables } = context
  const tables = [...tenantTables, ...sharedTables, ...(userTable === undefined ? [] : [userTable])]
  const views = catalog.views.filter((view) => view.extension === null)
  return [...tables, ...views].flatMap(hazardsOf)
}

function hazardsOf(relation: Table | View): Hazard[] {
  return relation.rules
    .filter((rule) => !rule.nothing)
    .map((rule) => ({
      id: 'rule',
      severity: 'blocking',
      object: `rule ${rule.name} on ${displayName(relation)}`,
      message: `Its actions run with the rights of ${relation.owner}, whom no policy binds, so it would change rows of every organization. Replace it by a trigger. As it is, the application gets no ${rule.event.toUpperCase()} on ${displayName(relation)}.`,
    }))
}
