import type { DumpNoteCode } from './dump-notes.ts'

/** What the loader does with one statement. */
export type StatementPlan =
  /** Run as the owner. `tolerates` lists SQLSTATEs that become a note instead of an error. */
  | {
      readonly action: 'run'
      readonly sql?: string
      readonly roles?: readonly string[]
      readonly createsTable?: boolean
      readonly tolerates?: Tolerance
    }
  /** Rows: may share a query with its neighbours. */
  | { readonly action: 'insert' }
  | { readonly action: 'copy' }
  | { readonly action: 'begin' | 'end' }
  | { readonly action: 'encoding'; readonly name: string }
  /** Run as the owner, and only where the owner may not, as the administrator. */
  | {
      readonly action: 'administrator'
      readonly name: string
      readonly sql?: string
      readonly roles?: readonly string[]
      readonly sequel?: AdministratorSequel
      readonly tolerates?: Tolerance
    }
  | { readonly action: 'membership'; readonly granted: readonly string[]; readonly members: readonly string[] }
  | {
      readonly action: 'default-privileges'
      readonly owners: readonly string[]
      readonly roles: readonly string[]
      readonly ownSql: string
    }
  | { readonly action: 'skip'; readonly note: DumpNoteCode; readonly name?: string }
  | { readonly action: 'refuse'; readonly reason: string }

/** Errors of the server that are expected. `*` stands for any. */
export interface Tolerance {
  readonly sqlStates: readonly string[]
  /** Expected only where something that the statement may stand on was left out before. */
  readonly afterOmission?: readonly string[]
  readonly note: DumpNoteCode
  readonly name?: string
}

/** What the administrator does after the owner was refused and it stepped in. */
export type AdministratorSequel = 'disable-event-trigger' | 'grant-server'

/** The server's errors for a table, type, function, schema or column that does not exist. */
export const undefinedObject: readonly string[] = ['42P01', '42704', '42883', '3F000', '42703']
