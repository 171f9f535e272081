import type { Item, Work } from './work.ts'

/** One way to ask for rows. */
export interface Variant {
  /** A short name, unique; what `--only` takes. */
  readonly name: string
  /** For the table. */
  readonly title: string
  /** Variants of a group are measured close together, since they are compared. */
  readonly group: string
  /** Rows that one operation asks for. */
  readonly reads: number
  /** Whether it keeps organizations apart, and so must answer with nothing when asked for a row of another. */
  readonly bound: boolean
  /** The rows of the operation, in order; those that it may not see are left out. */
  answer(work: Work): Promise<readonly Item[]>
}

/** A set of variants on connections of their own. */
export interface OpenVariants {
  readonly variants: readonly Variant[]
  close(): Promise<void>
}
