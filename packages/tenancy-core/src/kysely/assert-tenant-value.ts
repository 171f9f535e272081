import {
  AliasNode,
  CastNode,
  ColumnNode,
  DefaultInsertValueNode,
  ParensNode,
  ReferenceNode,
  SelectionNode,
  ValueNode,
} from 'kysely'
import type { ColumnUpdateNode, OperationNode, TableNode } from 'kysely'
import { TenancyError } from '../tenancy-error.ts'
import type { TenantBinding } from './tenant-predicate.ts'

/** Names whose tenant column holds the tenant, because their rows were filtered or stamped. */
export interface TrustedNames {
  readonly qualifiers: readonly string[]
  /** Whether there are no other names that a column without qualifier could belong to. */
  readonly complete: boolean
}

/** The row that ON CONFLICT did not insert: it was stamped. */
export const excludedRow: TrustedNames = { qualifiers: ['excluded'], complete: false }

/**
 * Asserts that what is written to the tenant column is the tenant, as far as that can be known before it is sent: a
 * literal, or the tenant column of a row that is the tenant's.
 *
 * @throws {TenancyError} `TENANT_MISMATCH` for anything else.
 */
export function assertTenantValue(
  value: OperationNode | undefined,
  binding: TenantBinding,
  trusted: TrustedNames,
): void {
  const node = value === undefined ? undefined : unwrapped(value)
  if (node !== undefined) {
    if (ValueNode.is(node) && isTenant(node.value, binding)) return
    if (DefaultInsertValueNode.is(node)) return
    if (isTrusted(node, binding, trusted)) return
  }
  const what =
    node !== undefined && ValueNode.is(node) ? 'another organization' : 'an expression that cannot be compared'
  throw new TenancyError(
    'TENANT_MISMATCH',
    `Tenant column "${binding.column}" is given ${what}; nothing was sent. Leave the column out: it is filled with the ` +
      'tenant in scope.',
  )
}

/** @throws {TenancyError} `TENANT_MISMATCH` when an assignment would give rows to another tenant. */
export function assertUpdates(
  updates: readonly ColumnUpdateNode[] | undefined,
  binding: TenantBinding,
  trusted: TrustedNames,
): void {
  for (const { column, value } of updates ?? []) {
    if (columnNameOf(column) === binding.column) assertTenantValue(value, binding, trusted)
  }
}

export function isTenant(value: unknown, binding: TenantBinding): boolean {
  return (
    (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') &&
    String(value) === binding.organizationId
  )
}

export function trustedNames(elements: readonly OperationNode[], binding: TenantBinding): TrustedNames {
  const uses = elements.map((element) => binding.tenantUseOf(element))
  const qualifiers = uses.flatMap((use) => (use === undefined ? [] : [use.qualifier.table.identifier.name]))
  return { qualifiers, complete: qualifiers.length === elements.length }
}

function isTrusted(node: OperationNode, binding: TenantBinding, trusted: TrustedNames): boolean {
  if (columnNameOf(node) !== binding.column) return false
  const table: TableNode | undefined = ReferenceNode.is(node) ? node.table : undefined
  return table === undefined
    ? trusted.complete && trusted.qualifiers.length > 0
    : trusted.qualifiers.includes(table.table.identifier.name)
}

function columnNameOf(node: OperationNode): string | undefined {
  if (ColumnNode.is(node)) return node.column.name
  return ReferenceNode.is(node) && ColumnNode.is(node.column) ? node.column.column.name : undefined
}

function unwrapped(node: OperationNode): OperationNode {
  if (SelectionNode.is(node)) return unwrapped(node.selection)
  if (AliasNode.is(node) || ParensNode.is(node)) return unwrapped(node.node)
  return CastNode.is(node) ? unwrapped(node.expression) : node
}
