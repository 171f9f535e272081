import type { QualifiedName } from '../sql/identifier.ts'
import type { Cells } from './probe.ts'

/** A foreign key to a tenant table, and the row of B that it must not reach: one that does not hang on B's row of the table. */
export interface ForeignKeyTarget {
  readonly constraint: string
  readonly parent: string
  /** The columns that name the parent, with the values of B's row. */
  readonly foreign: Cells
  readonly cascades: boolean
  /** Deletes B's parent, as B. */
  readonly deleteParent: string
}

/** A unique key, and what A and B may both have in it. */
export interface UniqueTarget {
  readonly name: string
  /** The columns with the values of B's row, the tenant aside. */
  readonly foreign: Cells
  /** What ON CONFLICT can name it by; null when the server cannot infer it from columns. */
  readonly arbiter: readonly string[] | null
  /** ON CONFLICT may leave the key open: no key of the table is deferrable. */
  readonly openConflict: boolean
  /** B's values name a row of B in another table: a composite foreign key refuses them, which is as good. */
  readonly references: boolean
}

/** A partition, parent, heir or view that shows the rows of the table as well. */
export interface RelativeTarget extends QualifiedName {
  /** As people write it. */
  readonly display: string
  /** A column that an update sets to itself; null when there is none that it may set. */
  readonly column: string | null
  /** It has all the columns that a row needs. */
  readonly takesRows: boolean
  /** A trigger or a rule of it stands in for the write: what is said of rows touched means nothing. */
  readonly reacts: boolean
}
