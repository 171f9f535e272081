import type { ForeignKey, Table } from '../catalog/catalog.ts'
import { sameName } from '../sql/identifier.ts'
import { carriesTenant, classOf, sameColumns, type PlanContext } from './plan-context.ts'

/** The foreign keys that the host itself has tied to the tenant. */
export function hostTenantForeignKeys(context: PlanContext, table: Table): readonly ForeignKey[] {
  if (context.converted.some((one) => sameName(one, table))) return []
  return table.foreignKeys.filter(
    (key) => classOf(context, key.references) === 'tenant' && carriesTenant(context, table, key),
  )
}

/** Whether foreign keys can stand on `(tenant, ...columns)` of the table as it is. */
export function hasTenantKey(context: PlanContext, table: Table, columns: readonly string[]): boolean {
  const wanted = [context.settings.tenantColumn, ...columns]
  return table.indexes.some((index) => {
    const key = table.keys.find((one) => one.name === index.constraint)
    const isWhole = index.unique && index.valid && index.predicate === null && key?.deferrable !== true
    return isWhole && index.columns !== null && sameColumns(index.columns, wanted)
  })
}
