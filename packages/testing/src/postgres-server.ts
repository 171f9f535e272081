import { randomBytes } from 'node:crypto'
import { escapeIdentifier } from 'pg'
import { TenancyError } from '@partywall/tenancy-core'
import { withClient } from './with-client.ts'

/** Where a server comes from: the caller's own, a container, or binaries that npm delivered. */
export type PostgresSource = 'environment' | 'testcontainers' | 'embedded'

/** Which database and role a connection URL names; what is left out stays the administrator's. */
export interface ConnectionTarget {
  readonly database?: string | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
}

/** A running PostgreSQL server on which databases are created and dropped. `stop` is safe to call twice. */
export interface PostgresServer extends AsyncDisposable {
  readonly source: PostgresSource
  /** PostgreSQL's `server_version_num`, e.g. 180004. */
  readonly serverVersion: number
  /**
   * A connection URL; the administrator's own database and role unless told otherwise.
   *
   * @example
   * ```ts
   * new URL(server.url({ database: 'shop', user: 'ada' })).pathname // '/shop'
   * ```
   */
  url(target?: ConnectionTarget): string
  /**
   * Creates a database, under a random name unless one is given.
   *
   * @throws TenancyError `POSTGRES_DATABASE_FAILED` when the server refuses.
   *
   * @example
   * ```ts
   * await using database = await server.createDatabase()
   * const client = new pg.Client({ connectionString: database.url() })
   * ```
   */
  createDatabase(options?: CreateDatabaseOptions): Promise<TestDatabase>
  /**
   * Ends the server. One that the environment provided keeps running.
   *
   * @example
   * ```ts
   * await server.stop()
   * ```
   */
  stop(): Promise<void>
}

/** How a database is created. */
export interface CreateDatabaseOptions {
  /** @defaultValue a random name beginning with `partywall_` */
  readonly name?: string | undefined
  /** The role that owns the database; it must exist. */
  readonly owner?: string | undefined
  /** The database to clone; nobody may be connected to it. */
  readonly template?: string | undefined
}

/** A database that is dropped, connections and all, when the test is done with it. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string
  /**
   * A connection URL; the administrator's role unless told otherwise.
   *
   * @example
   * ```ts
   * await using database = await server.createDatabase()
   * new URL(database.url({ user: 'ada', password: 'secret' })).username // 'ada'
   * ```
   */
  url(target?: Omit<ConnectionTarget, 'database'>): string
  /**
   * Drops the database and ends whoever is connected to it. Safe to call twice.
   *
   * @example
   * ```ts
   * const database = await server.createDatabase()
   * await database.drop()
   * ```
   */
  drop(): Promise<void>
}

/** A server that already answers at a URL, and how to end it. */
export interface RunningServer {
  readonly source: PostgresSource
  readonly adminUrl: string
  readonly stop: () => Promise<void>
}

/**
 * Wraps a server that already answers.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when no one answers at the URL or the login fails.
 */
export async function openPostgresServer(running: RunningServer): Promise<PostgresServer> {
  const serverVersion = await readServerVersion(running.adminUrl)
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= running.stop())
  return {
    source: running.source,
    serverVersion,
    url: (target) => connectionUrl(running.adminUrl, target),
    createDatabase: (options) => createDatabase(running.adminUrl, options),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** The same server under another database, role or password. */
export function connectionUrl(adminUrl: string, target: ConnectionTarget = {}): string {
  const url = new URL(adminUrl)
  if (target.database !== undefined) url.pathname = `/${encodeURIComponent(target.database)}`
  if (target.user !== undefined) {
    url.username = encodeURIComponent(target.user)
    // Another role must never be tried with the administrator's password.
    url.password = ''
  }
  if (target.password !== undefined) url.password = encodeURIComponent(target.password)
  return url.href
}

/** Runs statements one after another on one connection of their own. */
export async function runStatements(url: string, statements: readonly string[]): Promise<void> {
  await withClient({ connectionString: url }, async (client) => {
    for (const statement of statements) await client.query(statement)
  })
}

/** A name no other test of this run or any other uses. */
export function randomName(prefix: string): string {
  return `${prefix}_${randomBytes(8).toString('hex')}`
}

async function createDatabase(adminUrl: string, options: CreateDatabaseOptions = {}): Promise<TestDatabase> {
  const name = options.name ?? randomName('partywall')
  const owner = options.owner === undefined ? '' : ` owner ${escapeIdentifier(options.owner)}`
  const template = options.template === undefined ? '' : ` template ${escapeIdentifier(options.template)}`
  const run = async (sql: string): Promise<void> => {
    try {
      await runStatements(adminUrl, [sql])
    } catch (cause) {
      throw new TenancyError('POSTGRES_DATABASE_FAILED', `The server refused "${sql}": ${messageOf(cause)}`, {
        details: { database: name },
        cause,
      })
    }
  }
  await run(`create database ${escapeIdentifier(name)}${owner}${template}`)
  let dropped: Promise<void> | undefined
  const drop = (): Promise<void> => (dropped ??= run(`drop database if exists ${escapeIdentifier(name)} with (force)`))
  return {
    name,
    url: (target) => connectionUrl(adminUrl, { ...target, database: name }),
    drop,
    [Symbol.asyncDispose]: drop,
  }
}

async function readServerVersion(adminUrl: string): Promise<number> {
  const sql = `select current_setting('server_version_num')::int as version`
  try {
    return await withClient({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 }, async (client) => {
      const { rows } = await client.query<{ version: number }>(sql)
      return rows[0]?.version ?? 0
    })
  } catch (cause) {
    // The URL may not even be one, and it carries a password: only its host is told.
    const host = URL.canParse(adminUrl) ? new URL(adminUrl).host : 'an address that is not a URL'
    throw new TenancyError('POSTGRES_UNAVAILABLE', `No usable PostgreSQL at ${host}: ${messageOf(cause)}`, {
      details: { host },
      cause,
    })
  }
}

/** What went wrong, also when Node wraps several failed addresses in one error without a message. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
