import type { Cells } from './probe.ts'

/** A foreign key to a tenant table, and the row of B that it must not reach. */
export interface ForeignKeyTarget {
  readonly constraint: string
  readonly parent: string
  /** The columns that name the parent, with the values of B's row. */
  readonly foreign: Cells
  /** The parent is B's row of the very table. */
  readonly isSelf: boolean
  readonly cascades: boolean
  /** Deletes B's parent, as B. */
  readonly deleteParent: string
}

/** A unique key, and what A and B may both have in it. */
export interface UniqueTarget {
  readonly name: string
  /** The columns with the values of B's row, the tenant aside. */
  readonly foreign: Cells
  /** ON CONFLICT can name it: all of it are plain columns. */
  readonly arbiter: readonly string[] | null
  /** B's values name a row of B in another table: a composite foreign key refuses them, which is as good. */
  readonly references: boolean
}
