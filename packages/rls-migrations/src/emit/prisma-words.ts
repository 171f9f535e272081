import type { ForeignKeyAction } from '../catalog/catalog.ts'
import type { PlanSettings } from '../plan/plan.ts'
import type { OrmChange } from './orm-changes.ts'
import type { PrismaModel } from './prisma-schema.ts'

/** Whether the model describes the table. */
export function isOf(model: PrismaModel, { table }: OrmChange): boolean {
  return model.table === table.name && (model.schema === null || model.schema === table.schema)
}

/** The field of the tenant: named like the column where the column is camel case, else in camel case with a map. */
export function tenantField(settings: PlanSettings): { readonly name: string; readonly line: string } {
  const { tenantColumn, controlSchema } = settings
  const name = tenantColumn.replaceAll(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const map = name === tenantColumn ? '' : ` @map(${JSON.stringify(tenantColumn)})`
  return {
    name,
    line: `${name} String @default(dbgenerated("${controlSchema}.current_tenant_id()"))${map} @db.Uuid`,
  }
}

export function prismaAction(action: ForeignKeyAction): string {
  const words = {
    'no action': 'NoAction',
    restrict: 'Restrict',
    cascade: 'Cascade',
    'set null': 'SetNull',
    'set default': 'SetDefault',
  }
  return words[action]
}
