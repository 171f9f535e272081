import { AndNode, InsertQueryNode, MatchedNode, UpdateQueryNode } from 'kysely'
import type { MergeQueryNode, OperationNode, WhenNode } from 'kysely'
import { OnNode } from 'kysely'
import { assertUpdates, trustedNames } from './assert-tenant-value.ts'
import type { TrustedNames } from './assert-tenant-value.ts'
import { stampInsert } from './stamp-insert.ts'
import { guarded, restrict, tenantPredicate } from './tenant-predicate.ts'
import type { TenantBinding } from './tenant-predicate.ts'
import type { TableUse } from './tenant-table-list.ts'

/**
 * Filters both sides of a MERGE. The source is guarded, since a row of another tenant would be "not matched" and
 * inserted. The target is filtered where rows match, and again in NOT MATCHED BY SOURCE, which means the rows that did
 * not.
 */
export function filterMerge(
  node: MergeQueryNode,
  target: TableUse | undefined,
  binding: TenantBinding,
): MergeQueryNode {
  const source = node.using
  const trusted = trustedNames(source === undefined ? [] : [source.table], binding)
  const using = source === undefined ? undefined : filterSource(source, target, binding)
  const whens = target && node.whens?.map((when) => filterWhen(when, target, { binding, trusted }))
  return { ...node, ...(using && { using }), ...(whens && { whens }) }
}

function filterSource(
  source: NonNullable<MergeQueryNode['using']>,
  target: TableUse | undefined,
  binding: TenantBinding,
): NonNullable<MergeQueryNode['using']> {
  const use = binding.tenantUseOf(source.table)
  const table = use === undefined ? source.table : guarded(source.table, tenantPredicate(use.qualifier, binding))
  if (target === undefined) return { ...source, table }
  return { ...source, table, on: OnNode.create(restrict([tenantPredicate(target.qualifier, binding)], source.on?.on)) }
}

function filterWhen(
  when: WhenNode,
  target: TableUse,
  context: { binding: TenantBinding; trusted: TrustedNames },
): WhenNode {
  const { binding, trusted } = context
  const { result } = when
  if (result !== undefined && InsertQueryNode.is(result))
    return { ...when, result: stampInsert(result, binding, trusted) }
  if (result !== undefined && UpdateQueryNode.is(result)) assertUpdates(result.updates, binding, trusted)
  const predicate = tenantPredicate(target.qualifier, binding)
  return { ...when, condition: restrictUnmatched(when.condition, predicate) }
}

/** `not matched by source [and condition]`: the words come first and take no parentheses. */
function restrictUnmatched(condition: OperationNode, predicate: OperationNode): OperationNode {
  if (MatchedNode.is(condition)) return condition.bySource ? AndNode.create(condition, predicate) : condition
  if (!AndNode.is(condition) || !MatchedNode.is(condition.left) || !condition.left.bySource) return condition
  return AndNode.create(condition.left, restrict([predicate], condition.right))
}
