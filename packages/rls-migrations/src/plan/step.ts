import type { QualifiedName } from '../sql/identifier.ts'

/** The phases of a conversion, in their order. */
export const phases = ['install', 'expand', 'contract', 'enforce'] as const

export type Phase = (typeof phases)[number]

/** Whether `phase` is `other` or comes after it. */
export function hasReached(phase: Phase, other: Phase): boolean {
  return phases.indexOf(phase) >= phases.indexOf(other)
}

/** The strongest table lock that an operation takes, in the words of the PostgreSQL manual. */
export type LockMode =
  | 'none'
  | 'ACCESS SHARE'
  | 'ROW SHARE'
  | 'SHARE UPDATE EXCLUSIVE'
  | 'SHARE'
  | 'SHARE ROW EXCLUSIVE'
  | 'ACCESS EXCLUSIVE'

/**
 * A fact of the catalog that holds once an operation is done. It serves twice: before the operation, to see that there
 * is nothing left to do; after it, for ever, to see that nobody undid it.
 */
export interface Check {
  /** The object, as a finding names it: `policy tenant_isolation on album`. */
  readonly object: string
  /** An SQL expression over the catalog, true when the fact holds. Evaluated with `search_path = pg_catalog`. */
  readonly sql: string
  /** The phase whose steps replace this fact; from then on it is not looked at. */
  readonly until?: Phase
}

/** Rows that are written a batch at a time, each batch with its place in the journal in one transaction. */
export interface BatchedUpdate extends QualifiedName {
  readonly column: string
  /** What the column becomes; the row goes by `t0`. */
  readonly value: string
  /** A table to join, when the value is of its row. */
  readonly from?: string
  /** Which rows are written, when the batch comes to them; with the join. */
  readonly where: string
  /** Whether triggers of the host must not see it, as far as the login may switch them off. */
  readonly silent: boolean
  /** Whether no row may be left without a value. */
  readonly complete: boolean
}

/** Rows that stand in the way of a derivation, found without a change. */
export interface Inspection {
  /** As people write it. */
  readonly table: string
  /** One row: `conflicts` and `orphans`, as counts. */
  readonly count: string
  /** Up to five rows with a text `key` each. */
  readonly conflicting: string
  readonly orphaned: string
}

/** Something the runner does: statements, how they are run, what they lock, and how to see that they are done. */
export interface Operation {
  readonly id: string
  readonly summary: string
  /**
   * One transaction for all statements; each by itself, for CONCURRENTLY; `batches`, of which the statements show the
   * whole; or an inspection, which changes nothing and stops the run when it finds something.
   */
  readonly mode: 'transaction' | 'concurrent' | 'batches' | 'inspection'
  readonly statements: readonly string[]
  /**
   * A query that is asked when the operation runs: each row has the `statements` of one piece of work, and the `index` of
   * a concurrent build. They are run instead of the operation's own, which are those of the tables that are known.
   */
  readonly each?: string
  /** In concurrent mode: the index, as a quoted name, whose invalid remains are dropped before another try. */
  readonly index?: string
  readonly batches?: BatchedUpdate
  readonly inspections?: readonly Inspection[]
  readonly lock: LockMode
  readonly scans: boolean
  readonly rewrites: boolean
  readonly checks: readonly Check[]
  /** Left to a DBA when the login may not do it; the run goes on without. */
  readonly privileged?: boolean
}

/** Rows that stand in the way of an inverse. */
export interface Guard {
  readonly table: string
  /** What the rows have in common, in words. */
  readonly reason: string
  /** Selects the rows; empty means free. */
  readonly sql: string
}

/**
 * The stages of a rollback. Not the reverse of the steps: old keys must stand again before the composite ones fall, so
 * that the rows are never without a foreign key, and the composite ones must fall before the key below them is swapped.
 */
export const undoStages = [
  'enforcement',
  'narrow-indexes',
  'narrow-keys',
  'access',
  'composite-keys',
  'primary-keys',
  'wide-indexes',
  'columns',
  'control-plane',
  'roles',
] as const

export type UndoStage = (typeof undoStages)[number]

/** An operation that undoes a step, or a part of it. */
export interface Inverse extends Operation {
  readonly stage: UndoStage
  readonly guards?: readonly Guard[]
  /** A query for statements, in the column `statement`, that drop what this built when nothing took it up. */
  readonly leftovers?: string
}

export type StepKind =
  | 'role'
  | 'migration'
  | 'organization'
  | 'inspection'
  | 'adopted-root'
  | 'tenant-column'
  | 'backfill'
  | 'tenant-guard'
  | 'tenant-key'
  | 'tenant-index'
  | 'widened-unique'
  | 'composite-foreign-key'
  | 'delete-action'
  | 'view'
  | 'function'
  | 'policy'
  | 'grant'
  | 'precondition'
  | 'drop-foreign-key'
  | 'drop-unique'
  | 'primary-key'
  | 'default'
  | 'drop-policy'
  | 'reproof'
  | 'force'
  | 'new-table-guard'
  | 'distribution'
  | 'owner-setting'

/** One step of the conversion. Plain data: the frozen plan is a list of these, kept in the database. */
export interface Step extends Operation {
  readonly phase: Phase
  readonly kind: StepKind
  /** The table, as people write it; null when the step concerns none. */
  readonly table: string | null
  readonly inverse: readonly Inverse[]
  /** Undone already when this phase is undone, because what it stands on is swapped then; a later apply does it again. */
  readonly undoneWith?: Phase
}
