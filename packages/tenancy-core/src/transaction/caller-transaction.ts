/**
 * A client of `pg` that is in a transaction: `tenancy.pool.connect()`, then BEGIN. Typed by the one method that is called,
 * since `pg` is the host's own, in a version of the host's.
 */
export interface PgTransaction {
  query(text: string, values: unknown[]): Promise<{ readonly rows: unknown[] }>
}

/**
 * The transaction that Kysely hands to `execute()`. Typed by what is called, since Kysely is a peer that a host need not
 * have; the query is the compiled form that its `CompiledQuery.raw()` makes.
 */
export interface KyselyTransaction {
  readonly isTransaction: boolean
  executeQuery(query: RawKyselyQuery): Promise<{ readonly rows: unknown[] }>
}

/** A compiled query of Kysely without a tree to look into. */
export interface RawKyselyQuery {
  readonly sql: string
  readonly parameters: readonly unknown[]
  readonly query: {
    readonly kind: 'RawNode'
    readonly sqlFragments: readonly string[]
    readonly parameters: readonly never[]
  }
  readonly queryId: { readonly queryId: string }
}

/**
 * The client that an interactive transaction of Prisma hands to its function. Typed by what is called, since every host
 * generates a client class of its own.
 */
export interface PrismaTransaction {
  $queryRawUnsafe(query: string, ...values: unknown[]): PromiseLike<unknown>
}

/** A transaction that the caller opened, and will end. */
export type CallerTransaction = PgTransaction | KyselyTransaction | PrismaTransaction

/** An option of everything that writes. */
export interface WriteOptions {
  /**
   * The transaction to write in: what is written takes effect when the caller commits, and never otherwise. It has the
   * tenant that was in scope when it began. After an error PostgreSQL refuses all but ROLLBACK in it, as after any error.
   *
   * @defaultValue a transaction of its own
   */
  readonly transaction?: CallerTransaction | undefined
}
