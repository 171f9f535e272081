import type { ForeignKeyAction, Table } from '../catalog/catalog.ts'
import type { PlanContext } from '../plan/plan-context.ts'
import {
  compositeKeyName,
  fitsTenant,
  indexHoldsTenant,
  tenantForeignKeys,
  tenantIndexName,
  tenantKeyName,
} from '../plan/plan-context.ts'
import { primaryKeyOf, widensPrimaryKey } from '../plan/primary-key.ts'
import { compositeActions } from '../plan/steps/composite-foreign-key.ts'
import { droppedUniques } from '../plan/steps/drop-uniques.ts'
import { keysNeeded } from '../plan/steps/tenant-key.ts'
import { narrowUniques } from '../plan/steps/widened-unique.ts'
import { sameColumns } from '../plan/plan-context.ts'
import type { QualifiedName } from '../sql/identifier.ts'

/** What becomes of a table by the end of contract, as somebody sees it who describes it in an ORM. */
export interface OrmChange {
  readonly table: Table
  readonly widensPrimaryKey: boolean
  /** Old unique index to what stands for it; `stays` when the old one is not dropped. */
  readonly uniques: readonly { readonly old: string; readonly name: string; readonly stays: boolean }[]
  /** Old index to the one with the tenant in front; both stay. */
  readonly indexes: readonly { readonly old: string; readonly name: string }[]
  /** Keys that composite foreign keys stand on and that no old unique stands for. */
  readonly keys: readonly { readonly columns: readonly string[]; readonly name: string }[]
  readonly foreignKeys: readonly ForeignKeyChange[]
}

export interface ForeignKeyChange {
  readonly old: string
  readonly name: string
  readonly columns: readonly string[]
  readonly references: QualifiedName
  readonly onDelete: ForeignKeyAction
  readonly onUpdate: ForeignKeyAction
}

/** The changes of every tenant table that the frozen plan does not have. */
export function ormChanges(context: PlanContext): readonly OrmChange[] {
  return context.tenantTables
    .filter((table) => !context.converted.includes(table))
    .map((table) => change(context, table))
}

function change(context: PlanContext, table: Table): OrmChange {
  const widens = widensPrimaryKey(context, table)
  const dropped = droppedUniques(context, table).map(({ index }) => index)
  const uniques = narrowUniques(context, table)
  const needed = keysNeeded(context, table).filter(
    (columns) => !(widens && columns === primaryKeyOf(table)?.key.columns),
  )
  const named = uniques.map(({ index, covered }) => {
    const key = covered
      ? needed.find((columns) => index.columns !== null && sameColumns(columns, index.columns))
      : undefined
    const name = key === undefined ? tenantIndexName(context, table, index.name) : tenantKeyName(context, table, key)
    return { old: index.name, name, stays: !dropped.includes(index) }
  })
  return {
    table,
    widensPrimaryKey: widens,
    uniques: named,
    indexes: table.indexes
      .filter((index) => !index.unique && index.valid && index.method === 'btree' && fitsTenant(index.width))
      .filter((index) => !indexHoldsTenant(context, table, index))
      .map((index) => ({ old: index.name, name: tenantIndexName(context, table, index.name) })),
    keys: needed
      .map((columns) => ({ columns, name: tenantKeyName(context, table, columns) }))
      .filter(({ name }) => !named.some((one) => one.name === name)),
    foreignKeys: tenantForeignKeys(context, table).map((key) => ({
      old: key.name,
      name: compositeKeyName(context, table, key),
      columns: key.columns,
      references: key.references,
      ...compositeActions(context, table, key),
    })),
  }
}
