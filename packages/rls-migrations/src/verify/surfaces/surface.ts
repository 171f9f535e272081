import type { QualifiedName } from '../../sql/identifier.ts'
import type { ColumnType } from '../rows/column-type.ts'

/** Something through which the application sees data: a relation that it may read. */
export interface RelationSurface extends QualifiedName {
  /** As `pg_class.relkind` has it: r, p, v, m or f. */
  readonly kind: 'r' | 'p' | 'v' | 'm' | 'f'
  /** The columns that the application may read. */
  readonly columns: readonly string[]
  /** The query of a view; null for all else. */
  readonly definition: string | null
}

/** A function that the application may call. */
export interface FunctionSurface extends QualifiedName {
  /** The types of its arguments, as `regprocedure` prints them. */
  readonly signature: string
  readonly volatility: 'immutable' | 'stable' | 'volatile'
  readonly language: string
  readonly kind: 'function' | 'procedure'
  readonly arguments: readonly FunctionArgument[]
  /** How many of the last arguments may be left out. */
  readonly defaults: number
  readonly variadic: boolean
  /** What it returns, as `format_type` writes it. */
  readonly returns: string
  /** It returns rows whose columns only the caller names. */
  readonly anonymousRows: boolean
}

export interface FunctionArgument {
  /** Null for an argument without a name. */
  readonly name: string | null
  readonly type: ColumnType
  /** A type that stands for others, such as `anyelement`, or that no SQL can write. */
  readonly pseudo: boolean
}

/** Everything through which the application sees data. */
export interface Surfaces {
  readonly relations: readonly RelationSurface[]
  readonly functions: readonly FunctionSurface[]
}
