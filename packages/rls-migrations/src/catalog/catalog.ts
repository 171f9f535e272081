import type { QualifiedName } from '../sql/identifier.ts'

/** What the planner knows of a database: plain data, read once, in name order. */
export interface Catalog {
  readonly database: string
  /** As `server_version_num` gives it: 180004 is 18.4. */
  readonly serverVersion: number
  readonly login: Login
  /** Who may do what with the database itself. */
  readonly databaseAccess: { readonly owner: string; readonly grants: readonly Grant[] }
  readonly schemas: readonly Schema[]
  readonly tables: readonly Table[]
  readonly views: readonly View[]
  readonly functions: readonly DefinerFunction[]
  /** Of the schemas that are not converted: tables that reference those that are, and SECURITY DEFINER functions. */
  readonly outside: { readonly tables: readonly Table[]; readonly functions: readonly DefinerFunction[] }
  /** Functions that return rows of a table. */
  readonly rowFunctions: readonly RowFunction[]
  /** Sequences that belong to no column and that no default draws from. */
  readonly freeSequences: readonly Sequence[]
  /** Default privileges that open tables and views of the future to PUBLIC. */
  readonly openDefaults: readonly OpenDefault[]
  readonly roles: readonly string[]
  readonly superusers: readonly string[]
  /** `pg_read_all_data` and `pg_write_all_data`, where they have members who are no superusers. */
  readonly dataRoles: readonly DataRole[]
  /** Each owner of tables, with the logins that may act as it. */
  readonly actors: readonly Actor[]
}

/** A role of the server that holds privileges on every table. */
export interface DataRole {
  readonly role: string
  readonly members: readonly string[]
}

/** A login that may act as an owner of tables, by inheritance or by SET ROLE. */
export interface Actor {
  readonly owner: string
  readonly login: string
  /** Roles whose rights the login has without SET ROLE, itself included. */
  readonly rightsOf: readonly string[]
}

/** The login that the tool uses. */
export interface Login {
  readonly name: string
  readonly superuser: boolean
  readonly createRole: boolean
  /** Whether it may switch off the triggers of its own session. */
  readonly maySilenceTriggers: boolean
  /** Roles whose rights this login has without SET ROLE, itself included: what they own it may alter. */
  readonly rightsOf: readonly string[]
}

export interface Schema {
  readonly name: string
  readonly owner: string
  readonly grants: readonly Grant[]
  /** The names that tables, indexes, sequences, views and types of rows have taken already. */
  readonly relations: readonly string[]
}

/** `typed` is a table made by `create table of`: it has the columns of its type and can get no other. */
export type TableKind = 'table' | 'partitioned' | 'partition' | 'foreign' | 'inherited' | 'typed'

export interface Table extends QualifiedName {
  readonly kind: TableKind
  /** The partitioned table that this one is a partition of, or the tables that it inherits from. */
  readonly parents: readonly QualifiedName[]
  /** The plain columns of the partition key; null for a table that is not partitioned. */
  readonly partitionColumns: readonly string[] | null
  /** Which rows a partition takes, as the server writes it; null for a table that is none. */
  readonly bound: string | null
  readonly owner: string
  /** The extension that owns the table, when one does. */
  readonly extension: string | null
  /** The planner's estimate; -1 when never analyzed. */
  readonly estimatedRows: number
  /** The publications that name columns of it (15 and later). */
  readonly columnLists: readonly string[]
  readonly rowSecurity: boolean
  readonly forceRowSecurity: boolean
  readonly columns: readonly Column[]
  readonly keys: readonly Key[]
  readonly indexes: readonly Index[]
  readonly foreignKeys: readonly ForeignKey[]
  /** The names of all constraints, checks included. */
  readonly constraints: readonly string[]
  readonly policies: readonly Policy[]
  readonly rules: readonly Rule[]
  readonly triggers: readonly Trigger[]
  readonly grants: readonly Grant[]
  readonly columnGrants: readonly ColumnGrant[]
  /** Sequences that column defaults draw from. */
  readonly sequences: readonly QualifiedName[]
  readonly comment: string | null
}

export interface Column {
  readonly name: string
  /** As `format_type` writes it, with modifiers. */
  readonly type: string
  /** The type below a domain; for all else the type itself. */
  readonly baseType: string
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
  readonly comment: string | null
  /** WITHOUT OVERLAPS (18 and later): the last column is a range, and an index that is no B-tree holds the key. */
  readonly temporal: boolean
  /** Made by the key of the partitioned table above, and goes with it. */
  readonly inherited: boolean
  /** Views and functions that name this key, and so cannot live without it, as people write them. */
  readonly dependents: readonly string[]
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
  /** The index of the partitioned table above that this one is a part of. */
  readonly parent: string | null
  readonly replicaIdentity: boolean
  /** Whether CLUSTER sorts the table by it. */
  readonly clustered: boolean
  /** How many columns it has, those of INCLUDE counted. */
  readonly width: number
  readonly comment: string | null
  /** Statistics targets by column number, where one is set. */
  readonly statistics: Readonly<Record<string, number>>
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
  /** How each pair of columns is compared, the referenced column on the left. */
  readonly comparisons: readonly Comparison[]
  /** PERIOD (18 and later). */
  readonly temporal: boolean
  /** False for NOT ENFORCED (18 and later). */
  readonly enforced: boolean
  /** The key of the partitioned table above that made this one. */
  readonly parent: string | null
  readonly comment: string | null
  readonly definition: string
}

/** The equality operator of a key. */
export interface Comparison extends QualifiedName {
  /** The collation of the referenced column, where the referencing one has another. */
  readonly collation: QualifiedName | null
}

export interface Trigger {
  readonly name: string
  readonly before: boolean
  /** Whether it is switched on and runs on every UPDATE, whichever columns it sets. */
  readonly everyUpdate: boolean
  /** Whether it writes a column that is called like a time of change, as far as its text tells. */
  readonly stamps: boolean
  readonly function: QualifiedName
}

/** What one role, or PUBLIC, holds on an object, its owner excluded. */
export interface Grant {
  readonly role: string
  readonly privileges: readonly string[]
}

/** What one role, or PUBLIC, holds on a single column. */
export interface ColumnGrant {
  readonly column: string
  readonly role: string
  readonly privilege: string
  readonly grantable: boolean
}

/** A row-level security policy of the host. */
export interface Policy {
  readonly name: string
  readonly permissive: boolean
  readonly roles: readonly string[]
}

/** A rewrite rule, other than the one that makes a view a view. Its actions run with the rights of the relation's owner. */
export interface Rule {
  readonly name: string
  readonly event: 'insert' | 'update' | 'delete'
  /** DO INSTEAD NOTHING, always: it does nothing with anybody's rights. */
  readonly nothing: boolean
}

export interface View extends QualifiedName {
  readonly kind: 'view' | 'materialized'
  readonly owner: string
  readonly extension: string | null
  readonly securityInvoker: boolean | null
  readonly rules: readonly Rule[]
  readonly grants: readonly Grant[]
  readonly columnGrants: readonly ColumnGrant[]
  /** Tables and views that it reads, directly. */
  readonly reads: readonly QualifiedName[]
}

/** A function whose result has the columns of a table, and so must get every column that the table gets. */
export interface RowFunction extends QualifiedName {
  readonly arguments: string
  readonly table: QualifiedName
  /** Whether it names the columns one by one, as far as its text tells. */
  readonly explicit: boolean
}

export interface Sequence extends QualifiedName {
  readonly owner: string
}

/** What PUBLIC will hold on each table and view that a role makes. */
export interface OpenDefault {
  readonly maker: string
  /** The schema that it is about; null for all. */
  readonly schema: string | null
  readonly privileges: readonly string[]
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
