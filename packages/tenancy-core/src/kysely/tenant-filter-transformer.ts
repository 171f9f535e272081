import { OperationNodeTransformer, QueryNode, WhereNode } from 'kysely'
import type {
  DeleteQueryNode,
  InsertQueryNode,
  MergeQueryNode,
  OperationNode,
  QueryId,
  RootOperationNode,
  SelectQueryNode,
  UpdateQueryNode,
  WithNode,
} from 'kysely'
import { assertUpdates, trustedNames } from './assert-tenant-value.ts'
import { filterMerge } from './filter-merge.ts'
import { placeFilters } from './place-filters.ts'
import { filterOnConflict, stampInsert } from './stamp-insert.ts'
import { restrict, tenantPredicate } from './tenant-predicate.ts'
import type { TenantBinding } from './tenant-predicate.ts'
import { tableUseOf } from './tenant-table-list.ts'
import type { TableUse, TenantTableList } from './tenant-table-list.ts'

/** What a transformer filters by. */
export interface TenantFilter {
  readonly tables: TenantTableList
  readonly column: string
  /** @throws {TenancyError} `TENANT_REQUIRED` outside a scope. */
  organizationId(): string
}

/** Adds the tenant to the queries of a tree, from the innermost out, so that no query sees what was added to another. */
export class TenantFilterTransformer extends OperationNodeTransformer {
  readonly #filter: TenantFilter
  readonly #binding: TenantBinding
  readonly #originals = new WeakMap<OperationNode, OperationNode>()
  readonly #restorer = new Restorer(this.#originals)
  #ctes: ReadonlySet<string> = new Set()

  #organizationId: string | undefined

  constructor(filter: TenantFilter) {
    super()
    this.#filter = filter
    // Asked for at the first tenant table, and once a query: outside a scope, other queries pass.
    const organizationId = (): string => (this.#organizationId ??= filter.organizationId())
    this.#binding = {
      column: filter.column,
      get organizationId() {
        return organizationId()
      },
      tenantUseOf: (node) => this.#tenantUseOf(node),
    }
  }

  /** Transforms a whole query. */
  filter(node: RootOperationNode, queryId: QueryId): RootOperationNode {
    try {
      return this.transformNode(node, queryId)
    } finally {
      this.#organizationId = undefined
      // A refusal leaves the way to where it was met behind.
      this.nodeStack.length = 0
    }
  }

  /** Takes back what was added to subqueries of the same Kysely, which were built in the scope of a tenant. */
  restore(node: RootOperationNode, queryId: QueryId): RootOperationNode {
    return this.#restorer.transformNode(node, queryId)
  }

  /**
   * A subquery of the same Kysely comes filtered: it was transformed where it was built into the query around it, in the
   * scope of that moment and blind to the names of WITH around it. So it is taken back and filtered anew.
   */
  protected override transformNodeImpl<T extends OperationNode>(node: T, queryId?: QueryId): T {
    if (!QueryNode.is(node)) return super.transformNodeImpl(node, queryId)
    const original = (this.#originals.get(node) as T | undefined) ?? node
    const transformed = this.#transformBehindWith(original, queryId)
    this.#originals.set(transformed, original)
    return transformed
  }

  /** The names of WITH hold in the query that it introduces, and hide tables there. */
  #transformBehindWith<T extends OperationNode>(node: T, queryId?: QueryId): T {
    const withNode = (node as { with?: WithNode }).with
    if (withNode === undefined) return super.transformNodeImpl(node, queryId)
    const outer = this.#ctes
    try {
      const transformed = this.transformNode(withNode, queryId)
      this.#ctes = new Set([...outer, ...cteNames(withNode)])
      const body = super.transformNodeImpl({ ...node, with: undefined }, queryId)
      return { ...body, with: transformed }
    } finally {
      this.#ctes = outer
    }
  }

  /** An expression of WITH sees the names before it; all of them in WITH RECURSIVE, its own too. */
  protected override transformWith(node: WithNode, queryId?: QueryId): WithNode {
    const outer = this.#ctes
    const names = cteNames(node)
    const expressions = node.expressions.map((expression, index) => {
      this.#ctes = new Set([...outer, ...(node.recursive ? names : names.slice(0, index))])
      return this.transformNode(expression, queryId)
    })
    this.#ctes = outer
    return { ...node, expressions }
  }

  protected override transformSelectQuery(original: SelectQueryNode, queryId?: QueryId): SelectQueryNode {
    const node = super.transformSelectQuery(original, queryId)
    if (node.from === undefined) return node
    const placed = placeFilters({ froms: node.from.froms, joins: node.joins ?? [] }, this.#binding)
    const { froms, joins } = placed
    return { ...node, from: { ...node.from, froms }, ...(node.joins && { joins }), ...whereOf(node, placed.where) }
  }

  protected override transformUpdateQuery(original: UpdateQueryNode, queryId?: QueryId): UpdateQueryNode {
    const node = super.transformUpdateQuery(original, queryId)
    const target = node.table && this.#tenantTarget(node.table)
    const placed = placeFilters({ froms: node.from?.froms ?? [], joins: node.joins ?? [] }, this.#binding)
    if (target !== undefined) {
      const sources = [...(node.from?.froms ?? []), ...(node.joins ?? []).map(({ table }) => table)]
      const trusted = trustedNames(sources, this.#binding)
      assertUpdates(node.updates, this.#binding, {
        qualifiers: [...trusted.qualifiers, target.qualifier.table.identifier.name],
        complete: trusted.complete,
      })
    }
    return {
      ...node,
      ...(node.from && { from: { ...node.from, froms: placed.froms } }),
      ...(node.joins && { joins: placed.joins }),
      ...whereOf(node, [...this.#predicatesOf(target), ...placed.where]),
    }
  }

  protected override transformDeleteQuery(original: DeleteQueryNode, queryId?: QueryId): DeleteQueryNode {
    const node = super.transformDeleteQuery(original, queryId)
    const targets = node.from.froms.flatMap((from) => this.#predicatesOf(this.#tenantTarget(from)))
    const placed = placeFilters({ froms: node.using?.tables ?? [], joins: node.joins ?? [] }, this.#binding)
    return {
      ...node,
      ...(node.using && { using: { ...node.using, tables: placed.froms } }),
      ...(node.joins && { joins: placed.joins }),
      ...whereOf(node, [...targets, ...placed.where]),
    }
  }

  protected override transformInsertQuery(original: InsertQueryNode, queryId?: QueryId): InsertQueryNode {
    const node = super.transformInsertQuery(original, queryId)
    // Without a table it is an action of MERGE, which knows the table.
    const target = node.into && this.#tenantTarget(node.into)
    if (target === undefined) return node
    const stamped = stampInsert(node, this.#binding)
    if (stamped.onConflict === undefined) return stamped
    return { ...stamped, onConflict: filterOnConflict(stamped.onConflict, target.qualifier, this.#binding) }
  }

  protected override transformMergeQuery(original: MergeQueryNode, queryId?: QueryId): MergeQueryNode {
    const node = super.transformMergeQuery(original, queryId)
    return filterMerge(node, this.#tenantTarget(node.into), this.#binding)
  }

  #predicatesOf(use: TableUse | undefined): readonly OperationNode[] {
    return use === undefined ? [] : [tenantPredicate(use.qualifier, this.#binding)]
  }

  #tenantUseOf(node: OperationNode): TableUse | undefined {
    const use = this.#tenantTarget(node)
    const name = use?.table.table
    return name?.schema === undefined && this.#ctes.has(name?.identifier.name ?? '') ? undefined : use
  }

  /** What is written to is a table, even where a name of WITH is the same. */
  #tenantTarget(node: OperationNode): TableUse | undefined {
    const use = tableUseOf(node)
    return use !== undefined && this.#filter.tables.has(use.table.table) ? use : undefined
  }
}

/** Puts the queries of a tree back to what they were before they were filtered. */
class Restorer extends OperationNodeTransformer {
  readonly #originals: WeakMap<OperationNode, OperationNode>

  constructor(originals: WeakMap<OperationNode, OperationNode>) {
    super()
    this.#originals = originals
  }

  protected override transformNodeImpl<T extends OperationNode>(node: T, queryId?: QueryId): T {
    return super.transformNodeImpl((this.#originals.get(node) as T | undefined) ?? node, queryId)
  }
}

function whereOf(node: { where?: WhereNode }, predicates: readonly OperationNode[]): { where?: WhereNode } {
  return predicates.length === 0 ? {} : { where: WhereNode.create(restrict(predicates, node.where?.where)) }
}

function cteNames(node: WithNode): readonly string[] {
  return node.expressions.map(({ name }) => name.table.table.identifier.name)
}
