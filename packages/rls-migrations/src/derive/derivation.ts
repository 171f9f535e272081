import type { Comparison } from '../catalog/catalog.ts'
import type { QualifiedName } from '../sql/identifier.ts'

/** One way for a row to its organization: its own column, or the organization of a row that it references. */
export interface Edge {
  readonly columns: readonly string[]
  /** The foreign key; null for a column that holds the id of an organization without one. */
  readonly constraint: string | null
  /** Whether a row may go without: a null reference, or one that nothing proves. */
  readonly nullable: boolean
  /** The parent and how it is found; null when the column itself is the organization. */
  readonly parent: Reference | null
}

export interface Reference {
  readonly table: QualifiedName
  readonly columns: readonly string[]
  readonly comparisons: readonly Comparison[]
}

/** Where the rows of one table get their organization from. Plain data, frozen with the plan. */
export interface Derivation {
  readonly table: QualifiedName
  /**
   * `column`: the tenant column is the host's own, and stays as it is. `derived`: along the edges, the first one that
   * leads somewhere. `default`: all rows belong to the default organization.
   */
  readonly source: 'column' | 'derived' | 'default'
  readonly edges: readonly Edge[]
  /** Further ways, which must lead to the same organization. */
  readonly compared: readonly Edge[]
  /** The way in words: `order_details.order_id > orders.customer_id`. */
  readonly path: string
}
