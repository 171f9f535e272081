import {
  AndNode,
  BinaryOperationNode,
  ColumnNode,
  OperatorNode,
  ParensNode,
  RawNode,
  ReferenceNode,
  ValueNode,
} from 'kysely'
import type { OperationNode, TableNode } from 'kysely'
import type { TableUse } from './tenant-table-list.ts'

/** What one query is bound to. */
export interface TenantBinding {
  readonly column: string
  /** @throws {TenancyError} `TENANT_REQUIRED` outside a scope. */
  readonly organizationId: string
  /** The use of a tenant table in FROM, a join or USING; nothing for other tables and for CTEs of that name. */
  tenantUseOf(node: OperationNode): TableUse | undefined
}

/** `qualifier.column = $n` */
export function tenantPredicate(qualifier: TableNode, binding: TenantBinding): OperationNode {
  const column = ReferenceNode.create(ColumnNode.create(binding.column), qualifier)
  return BinaryOperationNode.create(column, OperatorNode.create('='), ValueNode.create(binding.organizationId))
}

/** In front of a condition, which goes in parentheses: raw SQL in it may hold an OR. */
export function restrict(predicates: readonly OperationNode[], condition: OperationNode | undefined): OperationNode {
  const parts = condition === undefined ? predicates : [...predicates, parenthesized(condition)]
  return parts.reduce((left, right) => AndNode.create(left, right))
}

/**
 * `(table inner join (select) as guard on predicate)`: the rows of a tenant, wherever a table may stand. A join with
 * something that has no columns and one row leaves names, `select *` and whole rows as they were, where a subquery would
 * not; the planner folds it into a filter of the scan. `position` keeps guards of one query apart.
 */
export function guarded(node: OperationNode, predicate: OperationNode, position = 0): OperationNode {
  return RawNode.create(['(', ` inner join (select) as "partywall_guard_${position}" on `, ')'], [node, predicate])
}

function parenthesized(node: OperationNode): OperationNode {
  return ParensNode.is(node) ? node : ParensNode.create(node)
}
