import type { QualifiedName } from '../sql/identifier.ts'

/** What the planner knows of a database: plain data, read once, in name order. */
export interface Catalog {
  readonly database: string
  /** As `server_version_num` gives it: 180004 is 18.4. */
  readonly serverVersion: number
  readonly login: Login
  readonly schemas: readonly Schema[]
  readonly tables: readonly Table[]
  readonly views: readonly View[]
  readonly functions: readonly DefinerFunction[]
  readonly roles: readonly string[]
  readonly superusers: readonly string[]
}

/** The login that the tool uses. */
export interface Login {
  readonly name: string
  readonly superuser: boolean
  readonly createRole: boolean
  /** Roles of which this login may act as a member (itself included). */
  readonly memberOf: readonly string[]
}

export interface Schema {
  readonly name: string
  readonly owner: string
  readonly grants: readonly Grant[]
}

export type TableKind = 'table' | 'partitioned' | 'partition' | 'foreign' | 'inherited'

export interface Table extends QualifiedName {
  readonly kind: TableKind
  readonly owner: string
  /** The extension that owns the table, when one does. */
  readonly extension: string | null
  /** The planner's estimate; -1 when never analyzed. */
  readonly estimatedRows: number
  readonly rowSecurity: boolean
  readonly forceRowSecurity: boolean
  readonly columns: readonly Column[]
  readonly keys: readonly Key[]
  readonly indexes: readonly Index[]
  readonly foreignKeys: readonly ForeignKey[]
  readonly policies: readonly string[]
  readonly triggers: readonly Trigger[]
  readonly grants: readonly Grant[]
  /** Sequences that column defaults draw from. */
  readonly sequences: readonly QualifiedName[]
  readonly comment: string | null
}

export interface Column {
  readonly name: string
  /** As `format_type` writes it, with modifiers. */
  readonly type: string
  readonly notNull: boolean
  readonly default: string | null
  readonly identity: '' | 'a' | 'd'
  readonly generated: boolean
}

/** A primary key, unique or exclusion constraint. */
export interface Key {
  readonly name: string
  readonly kind: 'primary' | 'unique' | 'exclusion'
  readonly columns: readonly string[]
  readonly deferrable: boolean
  readonly deferred: boolean
  readonly definition: string
  /** Views that group by this key, and so cannot live without it. */
  readonly views: readonly QualifiedName[]
}

/** An index. Those that back a constraint name it. */
export interface Index {
  readonly name: string
  readonly method: string
  readonly unique: boolean
  readonly valid: boolean
  readonly constraint: string | null
  /** The key columns, when all of them are plain columns; else null. */
  readonly columns: readonly string[] | null
  /** Each key column or expression, as SQL. */
  readonly expressions: readonly string[]
  /** The WHERE of a partial index. */
  readonly predicate: string | null
  readonly nullsNotDistinct: boolean
  readonly replicaIdentity: boolean
  readonly definition: string
  /** The part of `definition` from the opening parenthesis of the key on. */
  readonly keyAndRest: string
}

export type ForeignKeyAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'

export interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly references: QualifiedName
  readonly referencedColumns: readonly string[]
  readonly onDelete: ForeignKeyAction
  readonly onUpdate: ForeignKeyAction
  /** The columns that SET NULL or SET DEFAULT changes, when the key names them (15 and later). */
  readonly onDeleteColumns: readonly string[]
  readonly match: 'simple' | 'full'
  readonly deferrable: boolean
  readonly deferred: boolean
  readonly validated: boolean
  readonly definition: string
}

export interface Trigger {
  readonly name: string
  readonly before: boolean
  readonly function: QualifiedName
}

/** What one role, or PUBLIC, holds on an object, its owner excluded. */
export interface Grant {
  readonly role: string
  readonly privileges: readonly string[]
}

export interface View extends QualifiedName {
  readonly kind: 'view' | 'materialized'
  readonly owner: string
  readonly extension: string | null
  readonly securityInvoker: boolean | null
  readonly grants: readonly Grant[]
  /** Tables and views that it reads, directly. */
  readonly reads: readonly QualifiedName[]
}

/** A SECURITY DEFINER function of the host. */
export interface DefinerFunction extends QualifiedName {
  /** Argument types, as ALTER FUNCTION wants them. */
  readonly arguments: string
  readonly kind: 'function' | 'procedure'
  readonly owner: string
  readonly returnsTrigger: boolean
  readonly extension: string | null
  readonly grants: readonly Grant[]
}
