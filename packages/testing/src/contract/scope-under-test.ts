/** A repository as every adapter reports it. */
export interface RepositoryRow {
  readonly id: string
  readonly organizationId: string
  readonly name: string
}

/** What a library can do on a connection of its own choice, or inside a transaction. */
export interface Queries {
  /** One statement of raw SQL; what it returns. */
  readonly query: (sql: string) => Promise<readonly Record<string, unknown>[]>
  /** The repository of this id, asked for in the way that the library would batch, when it batches. */
  readonly find: (id: string) => Promise<RepositoryRow | undefined>
  /** Every repository, without a condition. */
  readonly list: () => Promise<readonly RepositoryRow[]>
  /** Inserts a repository; without an organization, the database fills it in. */
  readonly insert: (row: {
    readonly name: string
    readonly organizationId?: string | undefined
  }) => Promise<RepositoryRow>
  /** Inserts a test of a repository; the organization is filled in by the database. */
  readonly insertTest: (row: { readonly repositoryId: string; readonly title: string }) => Promise<void>
  /** Inserts the repository, or leaves the one of this organization and name as it is: `(org_id, name)` is unique. */
  readonly upsert: (row: { readonly name: string; readonly organizationId: string }) => Promise<void>
  /** Changes a repository; how many rows changed. */
  readonly update: (
    id: string,
    changes: { readonly name?: string; readonly organizationId?: string },
  ) => Promise<number>
  /** Deletes a repository; how many rows were deleted. */
  readonly remove: (id: string) => Promise<number>
}

/**
 * A library on a tenant scope, as far as the promises need it. An adapter says each of these in the words of its library
 * and adds nothing: no retry, no condition, no setting.
 */
export interface ScopeUnderTest extends Queries {
  /** Calls `work` in the scope of an organization and returns what it returns. */
  readonly run: <T>(organizationId: string, work: () => T) => T
  /** Calls `work` as the app login without a tenant. */
  readonly bootstrap: <T>(work: () => T) => T
  /** A transaction of the library: commits when `work` is done, rolls back when it throws. */
  readonly transaction: <T>(work: (queries: Queries) => Promise<T>) => Promise<T>
  /** Statements one after another on one connection, with no transaction of the library around them. */
  readonly session?: <T>(work: (query: Queries['query']) => Promise<T>) => Promise<T>
  /** A query that starts where it is awaited, if the library has such. */
  readonly lazyList?: () => PromiseLike<readonly RepositoryRow[]>
  /** Reads raw SQL row by row through a server-side cursor. */
  readonly stream?: (sql: string) => Promise<readonly Record<string, unknown>[]>
  /** Closes every connection; waits for nobody. */
  readonly close: () => Promise<void>
}

/** What an adapter opens a scope on. */
export interface OpenScopeOptions {
  readonly url: string
  readonly maxConnections: number
  /** Whether a pooler that shares connections stands in between: nothing may be prepared. */
  readonly pooled: boolean
}

/** Opens a scope on a database of the suite. Connects when the first statement asks for it. */
export type OpenScope = (options: OpenScopeOptions) => Promise<ScopeUnderTest>

/** What only some libraries have. */
export type Capability = 'session' | 'lazyList' | 'stream'
