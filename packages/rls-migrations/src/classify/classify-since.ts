import type { Catalog } from '../catalog/catalog.ts'
import { isCalled } from '../config/ignored-changes.ts'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import type { Plan, PlannedTable } from '../plan/plan.ts'
import { quoteName, sameName } from '../sql/identifier.ts'
import { classifyTables, type Classification } from './classify-tables.ts'

/**
 * What each table becomes in a database that follows a plan: what the plan has stays what it is, whatever the
 * configuration says now; what came later is classified beside it.
 *
 * @param config - As {@link configSince} gives it.
 * @throws TenancyError what `classifyTables` throws.
 */
export function classifySince(catalog: Catalog, config: ResolvedConfig, frozen: Plan): readonly Classification[] {
  const known = Object.values(frozen.tables).flat()
  return classifyTables(catalog, config).map((classification) => {
    const before = known.find((one) => sameName(one, classification.table))
    if (before !== undefined) return { table: classification.table, class: before.class, reason: before.reason }
    // Its columns are not in the settings of the plan, which name the people's table.
    return classification.class === 'user'
      ? { table: classification.table, class: 'tenant', reason: 'came after the plan, which has its people elsewhere' }
      : classification
  })
}

/**
 * The configuration with what the plan says in it, whatever it says itself, and without the names of tables that are not
 * there, or not yet.
 */
export function configSince(catalog: Catalog, config: ResolvedConfig, frozen: Plan): ResolvedConfig {
  const isThere = (table: PlannedTable): boolean => catalog.tables.some((one) => sameName(one, table))
  const known = Object.values(frozen.tables).flat().filter(isThere)
  const unknown = catalog.tables.filter((table) => !known.some((one) => sameName(one, table)))
  const namesOf = (tableClass: 'tenant' | 'shared' | 'skipped'): readonly string[] => [
    ...known.filter((table) => table.class === tableClass).map(quoteName),
    ...config.tables[tableClass].filter((name) => unknown.some((table) => isCalled(table, name))),
  ]
  const { users: _users, root: _root, ...rest } = config
  const { users, root } = frozen.settings
  const people = known.some((table) => table.class === 'user') ? users : null
  const from = Object.entries(config.organizationFrom)
  return {
    ...rest,
    ...(people === null ? {} : { users: { ...people, table: quoteName(people) } }),
    ...(root === null ? {} : { root: config.root ?? { table: quoteName(root), id: root.id, columns: [] } }),
    organizationFrom: Object.fromEntries(
      from.filter(([name]) => catalog.tables.some((table) => isCalled(table, name))),
    ),
    tables: { tenant: namesOf('tenant'), shared: namesOf('shared'), skipped: namesOf('skipped') },
  }
}
