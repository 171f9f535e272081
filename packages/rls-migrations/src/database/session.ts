import type { Client } from 'pg'
import { TenancyError } from '@partywall/tenancy-core'
import { clientFor, withoutPassword } from './connection-string.ts'

/** The one method that the engine calls: any connection that is not shared can serve. */
export interface Session {
  /**
   * Runs one statement, with its values.
   *
   * @example
   * ```ts
   * const ada = 'ada@example.com'
   * const { rows } = await session.query('select id from public.users where email = $1', [ada]) // { rows: [{ id: 1 }] }
   * ```
   */
  query<Row = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>
}

/** A session of the tool, to be closed by whoever opened it. */
export interface OpenSession extends Session, AsyncDisposable {
  readonly serverVersion: number
  /** The process id of the server's backend. */
  readonly backendId: number
  /**
   * Hears what the server raises below an error.
   *
   * @example
   * ```ts
   * const heard: string[] = []
   * session.onNotice((message) => heard.push(message))
   * await session.query("do $$ begin raise warning 'slow'; end $$")
   * heard // ['slow']
   * ```
   */
  onNotice(listener: (message: string) => void): void

  /**
   * Ends the connection. Safe to call twice.
   *
   * @example
   * ```ts
   * await session.close()
   * ```
   */
  close(): Promise<void>
}

export interface SessionOptions {
  readonly url: string
  /** Shown in pg_stat_activity; a resumed run looks for orphans by it. */
  readonly applicationName: string
  /** Milliseconds; 0 waits for ever. Kept below `deadlock_timeout` (1 s), so that the tool loses and never the service. */
  readonly lockTimeoutMs?: number
}

/**
 * A statement of the service that needs a lock for which a step waits is held up for as long as the step, and for the
 * moment that the step works: together less than a quarter of a second.
 */
const DEFAULT_LOCK_TIMEOUT_MS = 150

/** The `lock_timeout` of a session that was given none, as a setting. */
export const defaultLockTimeout: string = `${DEFAULT_LOCK_TIMEOUT_MS}ms`

/** The oldest PostgreSQL that is supported. */
const OLDEST_VERSION = 130000

/**
 * Opens a session with the settings that every step relies on: `row_security = off`, so that a policy in the way is an
 * error and not an empty result; `search_path = pg_catalog`, so that definitions come back fully qualified; a short
 * `lock_timeout`.
 *
 * @throws TenancyError `DATABASE_URL_INVALID` when the driver cannot read the connection string;
 * `DATABASE_UNREACHABLE` when the server does not answer or refuses the login;
 * `SERVER_UNSUPPORTED` when it is older than PostgreSQL 13.
 *
 * @example
 * ```ts
 * await using session = await openSession({ url: ownerUrl, applicationName: 'my tool' })
 * session.serverVersion >= 130_000 // true
 * ```
 */
export async function openSession(options: SessionOptions): Promise<OpenSession> {
  const client = clientFor(options.url, { application_name: options.applicationName, keepAlive: true })
  // Without a listener, a connection that breaks while idle would end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    throw unreachable(options.url, error)
  }
  try {
    const { rows } = await client.query<{ version: string; pid: number }>(
      "select current_setting('server_version_num') as version, pg_backend_pid() as pid",
    )
    const serverVersion = Number(rows[0]?.version)
    if (serverVersion < OLDEST_VERSION) {
      throw new TenancyError(
        'SERVER_UNSUPPORTED',
        `The server is PostgreSQL ${Math.floor(serverVersion / 10000)}; 13 or later is needed.`,
      )
    }
    await client.query(sessionSettings(serverVersion, options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS))
    return asSession(client, serverVersion, rows[0]?.pid ?? 0)
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
}

function sessionSettings(serverVersion: number, lockTimeoutMs: number): string {
  const settings = [
    'set row_security = off',
    'set search_path = pg_catalog',
    `set lock_timeout = ${Math.floor(lockTimeoutMs)}`,
    'set statement_timeout = 0',
    "set idle_in_transaction_session_timeout = '60s'",
    "set default_transaction_isolation = 'read committed'",
    'set default_transaction_read_only = off',
    'set client_min_messages = warning',
    "set datestyle = 'ISO'",
    "set intervalstyle = 'postgres'",
    "set timezone = 'UTC'",
    'set bytea_output = hex',
    'set extra_float_digits = 1',
  ]
  // A statement of a tool that died is cancelled, instead of holding its locks until it ends by itself.
  if (serverVersion >= 140000) settings.push("set client_connection_check_interval = '2s'")
  return settings.join('; ')
}

function asSession(client: Client, serverVersion: number, backendId: number): OpenSession {
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= client.end())
  return {
    serverVersion,
    backendId,
    async query<Row>(text: string, values?: readonly unknown[]) {
      const result = values === undefined ? await client.query(text) : await client.query(text, [...values])
      // Several statements in one text give an array: the last one is the answer.
      const last = Array.isArray(result) ? result.at(-1) : result
      return { rows: last.rows as Row[], rowCount: last.rowCount }
    },
    onNotice(listener) {
      client.on('notice', (notice) => listener(notice.message ?? ''))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function unreachable(url: string, cause: unknown): TenancyError {
  const where = withoutPassword(url)
  const reason =
    cause instanceof Error ? cause.message || ((cause as { code?: string }).code ?? cause.name) : String(cause)
  return new TenancyError(
    'DATABASE_UNREACHABLE',
    `Cannot connect to ${where}: ${reason}. Check --database-url or DATABASE_URL.`,
    { cause },
  )
}
