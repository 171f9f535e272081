import { OnNode } from 'kysely'
import type { JoinNode, OperationNode } from 'kysely'
import { guarded, restrict, tenantPredicate } from './tenant-predicate.ts'
import type { TenantBinding } from './tenant-predicate.ts'

/** FROM (or USING) and the joins behind it. */
export interface RowSources {
  readonly froms: readonly OperationNode[]
  readonly joins: readonly JoinNode[]
}

/** The same with filters, and what is left for WHERE. */
export interface FilteredSources extends RowSources {
  readonly where: readonly OperationNode[]
}

type Place = 'where' | 'on' | 'guard'

const acceptsOn = new Set(['InnerJoin', 'LeftJoin', 'LateralInnerJoin', 'LateralLeftJoin'])
const firstAcceptsOn = new Set(['InnerJoin', 'LateralInnerJoin', 'RightJoin'])
const staysInWhere = new Set(['RightJoin', 'CrossJoin', 'LateralCrossJoin'])

/**
 * Places a filter for each tenant table so that the result is that of joining the tenant's rows alone. Joins bind to the
 * last element of FROM, from left to right.
 */
export function placeFilters(sources: RowSources, binding: TenantBinding): FilteredSources {
  const { joins } = sources
  const where: OperationNode[] = []
  const conditions = joins.map((): OperationNode[] => [])
  // The last of FROM stands at 0 and shares the ON of the join behind it; joins stand at 1 and up.
  const place = (node: OperationNode, decision: Place, position: number): OperationNode => {
    const use = binding.tenantUseOf(node)
    if (use === undefined) return node
    const predicate = tenantPredicate(use.qualifier, binding)
    if (decision === 'guard') return guarded(node, predicate, position)
    const target = decision === 'where' ? where : conditions[Math.max(position - 1, 0)]
    target?.push(predicate)
    return node
  }
  const last = sources.froms.length - 1
  const froms = sources.froms.map((node, index) => place(node, index === last ? placeOfFirst(joins) : 'where', 0))
  const tables = joins.map(({ table }, index) => place(table, placeOfJoined(joins, index), index + 1))
  return { froms, joins: joins.map((join, index) => withCondition(join, tables[index], conditions[index])), where }
}

/** Behind a right or full join, a row may be missing its part, and WHERE would drop what the join kept. */
function placeOfFirst(joins: readonly JoinNode[]): Place {
  if (!joins.some(keepsUnmatched)) return 'where'
  const [first] = joins
  return first?.on !== undefined && firstAcceptsOn.has(first.joinType) ? 'on' : 'guard'
}

function placeOfJoined(joins: readonly JoinNode[], index: number): Place {
  const { joinType, on } = joins[index] as JoinNode
  if (acceptsOn.has(joinType) && on !== undefined) return 'on'
  return staysInWhere.has(joinType) && !joins.slice(index + 1).some(keepsUnmatched) ? 'where' : 'guard'
}

function keepsUnmatched({ joinType }: JoinNode): boolean {
  return joinType === 'RightJoin' || joinType === 'FullJoin'
}

function withCondition(join: JoinNode, table = join.table, conditions: readonly OperationNode[] = []): JoinNode {
  if (conditions.length === 0) return { ...join, table }
  return { ...join, table, on: OnNode.create(restrict(conditions, join.on?.on)) }
}
