/** A repository as every adapter reports it. */
export interface RepositoryRow {
  readonly id: string
  readonly organizationId: string
  readonly name: string
}

/** A test as every adapter reports it. */
export interface TestRow {
  readonly id: string
  readonly organizationId: string
}

/** A repository together with its tests. */
export interface RepositoryWithTests extends RepositoryRow {
  readonly tests: readonly TestRow[]
}

/** What a library can do on a connection of its own choice, or inside a transaction. */
export interface Queries {
  /** One statement of raw SQL; what it returns. */
  readonly query: (sql: string) => Promise<readonly Record<string, unknown>[]>
  /** The repository of this id, asked for in the way that the library would batch, when it batches. */
  readonly find: (id: string) => Promise<RepositoryRow | undefined>
  /** The test of this id, asked for like a repository. */
  readonly findTest: (id: string) => Promise<TestRow | undefined>
  /** Every repository, without a condition. */
  readonly list: () => Promise<readonly RepositoryRow[]>
  /** Every repository with its tests, as the library follows a relation; by a join where it knows none. */
  readonly listWithTests: () => Promise<readonly RepositoryWithTests[]>
  /** Inserts a repository; without an organization, the database fills it in. */
  readonly insert: (row: {
    readonly name: string
    readonly organizationId?: string | undefined
  }) => Promise<RepositoryRow>
  /** Inserts repositories in one call of the library; how many. */
  readonly insertMany: (
    rows: readonly { readonly name: string; readonly organizationId?: string | undefined }[],
  ) => Promise<number>
  /**
   * Inserts a repository and tests of it in one call, as the library writes a row with its children; in one statement where
   * it knows none.
   */
  readonly insertWithTests: (row: { readonly name: string; readonly titles: readonly string[] }) => Promise<void>
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
  /** Every repository, twice in one batch: statements that the library sends together, as one unit. */
  readonly batchList?: () => Promise<readonly (readonly RepositoryRow[])[]>
  /** Every repository, through the cache of results that the library brings, which outlives the call. */
  readonly cachedList?: () => Promise<readonly RepositoryRow[]>
  /** Closes every connection; waits for nobody. */
  readonly close: () => Promise<void>
}

/** What an adapter opens a scope on. */
export interface OpenScopeOptions {
  readonly url: string
  readonly maxConnections: number
  /** Whether a pooler that shares connections stands in between: nothing may be prepared. */
  readonly pooled: boolean
  /** The key that the scope signs its tenants with, where the database has a sealed context. */
  readonly sealKey?: string | undefined
}

/** Opens a scope on a database of the suite. Connects when the first statement asks for it. */
export type OpenScope = (options: OpenScopeOptions) => Promise<ScopeUnderTest>

/** What only some libraries have: the calls of the port that may be missing. */
export type Capability = 'session' | 'lazyList' | 'stream' | 'batchList' | 'cachedList'

/** What a library does not have, and why: the promises about it do not apply. */
export type Lacks = Readonly<Partial<Record<Capability, string>>>
