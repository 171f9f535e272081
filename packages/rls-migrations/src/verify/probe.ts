import type { Phase } from '../plan/step.ts'
import type { TenantSetting } from './tenant-setting.ts'
import type { QualifiedName } from '../sql/identifier.ts'
import type { ForeignKeyTarget, RelativeTarget, UniqueTarget } from './probe-target.ts'

/** What the server answered: the rows of the last statement, or the error that ended them. */
export type Outcome =
  | { readonly kind: 'rows'; readonly rows: readonly Readonly<Record<string, unknown>>[]; readonly rowCount: number }
  | {
      readonly kind: 'error'
      readonly sqlState: string
      readonly message: string
      readonly constraint: string | undefined
      /** The role lacks a privilege. The same SQLSTATE as the refusal of a policy, and it says nothing about the wall. */
      readonly lacksPrivilege: boolean
      /** The server had begun to take rows of a COPY, and we broke it off. */
      readonly copyBegan: boolean
    }

/** What an outcome means. An error that nobody expected proves nothing: it is neither blocked nor a crossing. */
export type Verdict =
  | { readonly kind: 'blocked' }
  | { readonly kind: 'crossing'; readonly detail: string }
  | { readonly kind: 'unexpected'; readonly detail: string }

/**
 * One attack: statements that run one after another from the state in which both organizations have their rows, as the
 * application's role. Whatever they do is taken back afterwards.
 */
export interface Attempt {
  readonly statements: readonly string[]
  /**
   * `inside`: in the transaction that made the rows. `afterwards`: in a new transaction on the same connection, which
   * has no context, when that one is over.
   */
  readonly stage?: 'inside' | 'afterwards'
  readonly judge: (outcome: Outcome) => Verdict
}

/** An idea of how something might cross. Plain data and a pure function: it writes the attacks, the prober runs them. */
export interface Probe {
  /** As reports name it. */
  readonly name: string
  /** What must hold, as a sentence. */
  readonly promise: string
  /** The classes of tables that it attacks. */
  readonly classes: readonly ('tenant' | 'user')[]
  /** The phase from which the promise holds. @defaultValue `'expand'` */
  readonly since?: Phase
  readonly attempts: (target: ProbeTarget) => readonly Attempt[]
}

/** One table under attack: A is the attacker, B the neighbour. */
export interface ProbeTarget {
  readonly class: 'tenant' | 'user'
  readonly table: { readonly schema: string; readonly name: string }
  readonly phase: Phase
  readonly serverVersion: number
  readonly tenantColumn: string
  readonly setting: TenantSetting
  readonly a: Side
  readonly b: Side
  readonly references: readonly ForeignKeyTarget[]
  readonly uniques: readonly UniqueTarget[]
  readonly relatives: readonly RelativeTarget[]
  /** The SQL of an INSERT of these cells, each as text. */
  readonly insert: (cells: Cells) => string
  /** The same into a relative of the table. */
  readonly insertInto: (relation: QualifiedName, cells: Cells) => string
  /** The SQL of a value of the column. */
  readonly literalOf: (column: string, text: string | null) => string
  /** What else of B's row A's needs when it takes these columns of it, so that it stays in its hash partition. */
  readonly alongside: (columns: Iterable<string>) => Cells
  /** A name for a prepared statement, unused on this connection. */
  readonly statementName: string
}

export type Cells = ReadonlyMap<string, string | null>

/** One organization and its row. */
export interface Side {
  readonly organization: string
  /** Null when the organization has no row: nobody of A is in a user-level table. */
  readonly row: {
    readonly cells: Cells
    /** A condition that is true for this row only, without naming the organization. */
    readonly address: string
    /** A statement of its organization after which another row may have its keys. */
    readonly removal: string
    /** The row is still one of its organization's then, under other keys. */
    readonly stays: boolean
  } | null
}

export const blocked: Verdict = { kind: 'blocked' }

export function crossing(detail: string): Verdict {
  return { kind: 'crossing', detail }
}

/** Where the application holds no privilege at all, that it lacks one is a refusal too. */
export const noPrivilege: readonly string[] = ['no privilege']

function isRefusal(outcome: Outcome & { kind: 'error' }, sqlStates: readonly string[]): boolean {
  return sqlStates.includes(outcome.lacksPrivilege ? 'no privilege' : outcome.sqlState)
}

/** Blocked by one of these SQLSTATEs; a crossing when the statements went through; unexpected otherwise. */
export function mustFail(sqlStates: readonly string[], detail: string): (outcome: Outcome) => Verdict {
  return (outcome) => {
    if (outcome.kind === 'rows') return outcome.rowCount > 0 ? crossing(detail) : unexpected('no row was touched')
    return isRefusal(outcome, sqlStates) ? blocked : unexpected(describe(outcome))
  }
}

/** Blocked when the last statement touched no row, or by one of these SQLSTATEs. */
export function mustTouchNothing(detail: string, sqlStates: readonly string[] = []): (outcome: Outcome) => Verdict {
  return (outcome) => {
    if (outcome.kind === 'rows') return outcome.rowCount === 0 ? blocked : crossing(detail)
    return isRefusal(outcome, sqlStates) ? blocked : unexpected(describe(outcome))
  }
}

/** Blocked when the last statement counted nothing, in its column `rows`, or by one of these SQLSTATEs. */
export function mustCountNothing(
  detail: (rows: number) => string,
  sqlStates: readonly string[] = [],
): (outcome: Outcome) => Verdict {
  return (outcome) => {
    if (outcome.kind === 'error') return isRefusal(outcome, sqlStates) ? blocked : unexpected(describe(outcome))
    const rows = Number(outcome.rows[0]?.['rows'] ?? Number.NaN)
    if (rows === 0) return blocked
    return rows > 0 ? crossing(detail(rows)) : unexpected('nothing was counted')
  }
}

export function unexpected(detail: string): Verdict {
  return { kind: 'unexpected', detail }
}

export function describe(outcome: Outcome): string {
  return outcome.kind === 'error' ? `${outcome.sqlState} ${outcome.message}` : `${outcome.rowCount} rows`
}

/** The SQLSTATEs of a refused context: none (42501), or one that is no id (22P02). */
export const refusedContext: readonly string[] = ['42501', '22P02']
