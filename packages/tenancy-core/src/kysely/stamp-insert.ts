import {
  AliasNode,
  ColumnNode,
  DefaultInsertValueNode,
  FromNode,
  IdentifierNode,
  PrimitiveValueListNode,
  RawNode,
  ReferenceNode,
  SelectAllNode,
  SelectQueryNode,
  SelectionNode,
  TableNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
  WhereNode,
} from 'kysely'
import type { InsertQueryNode, OnConflictNode, OperationNode, ValuesItemNode } from 'kysely'
import { TenancyError } from '../tenancy-error.ts'
import { assertTenantValue, assertUpdates, excludedRow, isTenant, trustedNames } from './assert-tenant-value.ts'
import type { TrustedNames } from './assert-tenant-value.ts'
import { restrict, tenantPredicate } from './tenant-predicate.ts'
import type { TenantBinding } from './tenant-predicate.ts'

const nothing: TrustedNames = { qualifiers: [], complete: false }
const maxParameters = 65_535

/**
 * Gives every inserted row the tenant. Where the query names the tenant column itself, its values are compared.
 *
 * @throws {TenancyError} `TENANT_MISMATCH` for a row of another tenant, `STATEMENT_UNSUPPORTED` for an insert that does
 * not name its columns.
 */
export function stampInsert(
  node: InsertQueryNode,
  binding: TenantBinding,
  sources: TrustedNames = nothing,
): InsertQueryNode {
  const { columns = [] } = node
  const values = node.defaultValues === true ? ValuesNode.create([ValueListNode.create([])]) : node.values
  const index = columns.findIndex(({ column }) => column.name === binding.column)
  if (index !== -1) return { ...node, ...(values && { values: checked(values, index, { binding, sources }) }) }
  const stamped = values && stampedRows(values, columns.length, binding)
  if (stamped === undefined) return node
  if (columns.length === 0 && !ValuesNode.is(stamped)) throw columnsUnnamed(node)
  return { ...node, defaultValues: false, columns: [...columns, ColumnNode.create(binding.column)], values: stamped }
}

/** A conflicting row is updated only if it is the tenant's. */
export function filterOnConflict(node: OnConflictNode, qualifier: TableNode, binding: TenantBinding): OnConflictNode {
  if (node.updates === undefined) return node
  assertUpdates(node.updates, binding, excludedRow)
  const predicate = tenantPredicate(qualifier, binding)
  return { ...node, updateWhere: WhereNode.create(restrict([predicate], node.updateWhere?.where)) }
}

function stampedRows(values: OperationNode, columns: number, binding: TenantBinding): OperationNode | undefined {
  if (SelectQueryNode.is(values)) return stampedSelect(values, binding)
  if (!ValuesNode.is(values)) return undefined
  const literal = literalFor(values.values.length * (columns + 1), binding)
  return ValuesNode.create(values.values.map((row) => ValueListNode.create([...nodesOf(row), literal])))
}

function checked(
  values: OperationNode,
  index: number,
  context: { binding: TenantBinding; sources: TrustedNames },
): OperationNode {
  if (ValuesNode.is(values)) return ValuesNode.create(values.values.map((row) => checkedRow(row, index, context)))
  if (SelectQueryNode.is(values)) assertSelected(values, index, context.binding)
  else assertTenantValue(undefined, context.binding, nothing)
  return values
}

/** One parameter a row more must not take an insert over the limit of the protocol. */
function literalFor(parameters: number, binding: TenantBinding): ValueNode {
  const { organizationId } = binding
  // With `standard_conforming_strings` off, a backslash would escape the closing quote.
  return parameters > maxParameters && !organizationId.includes('\\')
    ? ValueNode.createImmediate(organizationId)
    : ValueNode.create(organizationId)
}

function nodesOf(row: ValuesItemNode): readonly OperationNode[] {
  return ValueListNode.is(row) ? row.values : row.values.map((value) => ValueNode.create(value))
}

function checkedRow(
  row: ValuesItemNode,
  index: number,
  context: { binding: TenantBinding; sources: TrustedNames },
): ValuesItemNode {
  const { binding, sources } = context
  if (PrimitiveValueListNode.is(row)) {
    if (!isTenant(row.values[index], binding)) assertTenantValue(ValueNode.create(row.values[index]), binding, nothing)
    return row
  }
  const value = row.values[index]
  assertTenantValue(value, binding, sources)
  if (value === undefined || !DefaultInsertValueNode.is(value)) return row
  return ValueListNode.create(row.values.with(index, ValueNode.create(binding.organizationId)))
}

/**
 * The tenant as one more column. PostgreSQL takes an undeclared parameter in the select list of an INSERT for the type of
 * the column, but not below DISTINCT or UNION, where it becomes text: such a query goes into FROM.
 */
function stampedSelect(select: SelectQueryNode, binding: TenantBinding): SelectQueryNode {
  // Under a name of its own: ORDER BY would take the name of the column for this one.
  const value = AliasNode.create(ValueNode.create(binding.organizationId), IdentifierNode.create('partywall_tenant'))
  const literal = SelectionNode.create(value)
  const distinct = select.frontModifiers?.some(({ modifier }) => modifier === 'Distinct') ?? false
  if (select.setOperations === undefined && select.distinctOn === undefined && !distinct) {
    return { ...select, selections: [...(select.selections ?? []), literal] }
  }
  const alias = 'partywall_rows'
  const from = FromNode.create([AliasNode.create(select, IdentifierNode.create(alias))])
  const all = SelectionNode.create(ReferenceNode.createSelectAll(TableNode.create(alias)))
  return { ...SelectQueryNode.create(), from, selections: [all, literal] }
}

function assertSelected(select: SelectQueryNode, index: number, binding: TenantBinding): void {
  const selections = select.selections ?? []
  // Whatever stands for an unknown number of columns hides which of them is the tenant's.
  const countable = selections.slice(0, index + 1).every(({ selection }) => !isOpenEnded(selection))
  const elements = [...(select.from?.froms ?? []), ...(select.joins ?? []).map(({ table }) => table)]
  assertTenantValue(countable ? selections[index] : undefined, binding, trustedNames(elements, binding))
  for (const { expression } of select.setOperations ?? []) {
    if (!SelectQueryNode.is(expression)) assertTenantValue(undefined, binding, nothing)
    else assertSelected(expression, index, binding)
  }
}

function isOpenEnded(selection: OperationNode): boolean {
  return (
    SelectAllNode.is(selection) ||
    RawNode.is(selection) ||
    (ReferenceNode.is(selection) && SelectAllNode.is(selection.column))
  )
}

function columnsUnnamed(node: InsertQueryNode): TenancyError {
  return new TenancyError(
    'STATEMENT_UNSUPPORTED',
    `The insert into "${node.into?.table.identifier.name ?? 'the target of MERGE'}" does not name its columns, so the ` +
      'tenant cannot be added; nothing was sent. Name them: insertInto(table).columns([...]).expression(...).',
  )
}
