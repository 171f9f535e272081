import { randomBytes, randomInt } from 'node:crypto'
import type { Index, Table } from '../catalog/catalog.ts'
import { tenantColumnOf } from '../plan/plan-context.ts'
import type { SchemaGraph } from '../catalog/schema-graph.ts'
import type { Plan } from '../plan/plan.ts'
import type { Phase } from '../plan/step.ts'
import { displayName, quoteIdentifier, quoteName, sameName } from '../sql/identifier.ts'
import { columnsIn, isWithinAcceptedKey } from './accepted-keys.ts'
import { addressOf, cellsOf, insertCells, literalOf } from './make-rows.ts'
import type { PlannedReference } from './planned-references.ts'
import type { Cells, ProbeTarget, Side } from './probe.ts'
import type { ForeignKeyTarget, RelativeTarget, UniqueTarget } from './probe-target.ts'
import type { Relative } from './relatives.ts'
import { cellText, type PlannedRow } from './rows/plan-rows.ts'
import { distinctValue } from './rows/value-maker.ts'
import type { TenantSetting } from './tenant-setting.ts'

/** What a target is built of: the rows are made already. */
export interface TargetParts {
  readonly plan: Plan
  readonly graph: SchemaGraph
  readonly phase: Phase
  readonly setting: TenantSetting
  readonly serverVersion: number
  /** The table as it is now. */
  readonly table: Table
  /** A rule stands in the way of DELETE. */
  readonly keepsRows: boolean
  readonly relatives: readonly Relative[]
  readonly a: { readonly organization: string; readonly row: PlannedRow | null }
  readonly b: { readonly organization: string; readonly row: PlannedRow }
  /** The table's references, each with B's row of the parent. */
  readonly references: readonly { readonly reference: PlannedReference; readonly parent: PlannedRow }[]
}

export function buildTarget(parts: TargetParts): ProbeTarget {
  const { plan, phase, a, b, table } = parts
  const shape = b.row.table
  return {
    // A row of the root is attacked like a person: the application makes none.
    class: shape.class === 'tenant' ? 'tenant' : 'user',
    table: { schema: shape.schema, name: shape.name },
    phase,
    serverVersion: parts.serverVersion,
    tenantColumn: tenantColumnOf(plan.settings, table),
    setting: parts.setting,
    a: { organization: a.organization, row: a.row === null ? null : sideRow(a.row, parts) },
    b: { organization: b.organization, row: sideRow(b.row, parts) },
    references: parts.references.map((one) => foreignKeyTarget(parts, one)),
    uniques: table.indexes.flatMap((index) => uniqueTarget(parts, index)),
    relatives: parts.relatives.flatMap((one) => relativeTarget(parts, one)),
    insert: (cells) => insertCells(shape, cells),
    insertInto: (relation, cells) => insertCells({ ...shape, ...relation }, cells),
    literalOf: (column, text) => literalOf(shape, column, text),
    alongside: (columns) => alongside(parts, new Set(columns)),
    statementName: `partywall_${randomBytes(6).toString('hex')}`,
  }
}

/** A hash is of several columns together. Whose the row is, is for the probe to say. */
function alongside({ plan, b: { row } }: TargetParts, columns: ReadonlySet<string>): Cells {
  const hashed = row.table.hashChoices.filter((choices) => choices.columns.some((column) => columns.has(column)))
  const others = hashed.flatMap((choices) => choices.columns).filter((column) => column !== plan.settings.tenantColumn)
  return new Map(others.filter((column) => !columns.has(column)).map((column) => [column, cellText(row, column)]))
}

function sideRow(row: PlannedRow, { keepsRows, plan }: TargetParts): Side['row'] {
  const address = addressOf(row)
  const changes = keepsRows ? otherKeys(row, plan.settings.tenantColumn) : []
  const table = quoteName(row.table)
  const removal =
    changes.length === 0
      ? `delete from ${table} where ${address}`
      : `update ${table} set ${changes.join(', ')} where ${address}`
  return { cells: cellsOf(row), address, removal, stays: changes.length > 0 }
}

/** A row that cannot go leaves its keys. */
function otherKeys({ table }: PlannedRow, tenantColumn: string): readonly string[] {
  return [...table.distinctColumns].flatMap((name) => {
    const column = table.columns.find((one) => one.name === name)
    const value = column === undefined ? null : distinctValue(column.type, (limit) => randomInt(limit))
    if (name === tenantColumn || value === null) return []
    return [`${quoteIdentifier(name)} = ${literalOf(table, name, value)}`]
  })
}

/** None where the row cannot be named: a key that the relative does not show, or only a place. */
function relativeTarget(
  { plan, b }: TargetParts,
  { schema, name, columns, reacts }: Relative,
): readonly RelativeTarget[] {
  const { addressColumns } = b.row.table
  if (addressColumns.length === 0 || !addressColumns.every((column) => columns.includes(column))) return []
  const tenantColumn = tenantColumnOf(plan.settings, b.row.table)
  // The server lets nobody set an identity that is its own.
  const settable = b.row.table.columns.filter((one) => !one.alwaysIdentity && columns.includes(one.name))
  return [
    {
      schema,
      name,
      display: displayName({ schema, name }),
      column: columns.includes(tenantColumn) ? tenantColumn : (settable[0]?.name ?? null),
      takesRows: [...cellsOf(b.row).keys()].every((column) => columns.includes(column)),
      reacts,
    },
  ]
}

function foreignKeyTarget(
  { plan }: TargetParts,
  { reference, parent }: TargetParts['references'][number],
): ForeignKeyTarget {
  const pairs = reference.columns.map((column, at) => [column, reference.referencedColumns[at] as string] as const)
  return {
    constraint: reference.constraint,
    parent: displayName(reference.references),
    foreign: new Map(
      pairs
        .filter(([column]) => column !== plan.settings.tenantColumn)
        .map(([column, referenced]) => [column, cellText(parent, referenced)]),
    ),
    cascades: reference.cascades,
    deleteParent: `delete from ${quoteName(reference.references)} where ${addressOf(parent)}`,
  }
}

function uniqueTarget({ plan, graph, table, b, references }: TargetParts, index: Index): readonly UniqueTarget[] {
  const columns = index.columns ?? columnsIn(table, index)
  if (!index.unique || !index.valid || index.method !== 'btree') return []
  // A compound key over one that stays as it is can meet nothing that the other would not meet first.
  if (isWithinAcceptedKey({ plan, graph }, table, columns)) return []
  const foreign = new Map(
    columns.filter((column) => !namesTenant(plan, table, column)).map((column) => [column, cellText(b.row, column)]),
  )
  // NULLs are all different, and a key of the tenant alone has nothing that could be the same.
  if (foreign.size === 0 || [...foreign.values()].includes(null)) return []
  const deferrable = table.keys.some((key) => key.name === index.constraint && key.deferrable)
  return [
    {
      name: index.name,
      foreign,
      openConflict: !table.keys.some((key) => key.deferrable),
      arbiter: index.columns === null || index.predicate !== null || deferrable ? null : index.columns,
      references: references.some(({ reference }) => reference.columns.some((column) => foreign.has(column))),
    },
  ]
}

/** Whether the column says whose a row is: the tenant column, or a reference to the root. */
function namesTenant({ settings: { root, tenantColumn } }: Plan, table: Table, column: string): boolean {
  if (column === tenantColumn) return true
  return (
    root !== null &&
    table.foreignKeys.some(
      (key) => sameName(key.references, root) && key.columns[key.referencedColumns.indexOf(root.id)] === column,
    )
  )
}
