import { randomBytes } from 'node:crypto'
import { escapeIdentifier, escapeLiteral } from 'pg'
import { TenancyError } from '@partywall/tenancy-core'
import { connectionUrl, messageOf, randomName, runStatements } from './postgres-server.ts'

/** What the login is called and which roles it belongs to. */
export interface AppLoginOptions {
  /** Roles are shared by all databases of a server. @defaultValue a random name beginning with `app_` */
  readonly role?: string | undefined
  /** Existing roles whose rights the login inherits. */
  readonly memberOf?: readonly string[] | undefined
}

/** A role that row level security binds, and how to connect as it. */
export interface AppLogin extends AsyncDisposable {
  readonly role: string
  /** Connects to the database that the administrator's URL names. */
  readonly url: string
  /**
   * Ends the role's sessions and drops it with its grants and objects in that database. Safe to call twice.
   *
   * @example
   * ```ts
   * const login = await createAppLogin(server.url())
   * await login.drop()
   * ```
   */
  drop(): Promise<void>
}

/**
 * Creates a role that can log in and nothing more: no superuser, no BYPASSRLS, no CREATEROLE, no CREATEDB.
 *
 * @throws TenancyError `POSTGRES_ROLE_FAILED` when the server refuses.
 *
 * @example
 * ```ts
 * await using database = await server.createDatabase()
 * await using login = await createAppLogin(database.url(), { memberOf: [appRole] })
 * const pool = new pg.Pool({ connectionString: login.url })
 * ```
 */
export async function createAppLogin(adminUrl: string, options: AppLoginOptions = {}): Promise<AppLogin> {
  const role = options.role ?? randomName('app')
  const name = escapeIdentifier(role)
  const password = randomBytes(18).toString('base64url')
  const refused = (action: string) => (cause: unknown) => {
    // The statement is left out of the message: it carries the password.
    const message = `The server refused to ${action} the role ${name}: ${messageOf(cause)}`
    throw new TenancyError('POSTGRES_ROLE_FAILED', message, { details: { role }, cause })
  }
  const rights = 'login nosuperuser nobypassrls nocreaterole nocreatedb inherit'
  await runStatements(adminUrl, [
    'begin',
    `create role ${name} ${rights} password ${escapeLiteral(password)}`,
    ...(options.memberOf ?? []).map((parent) => `grant ${escapeIdentifier(parent)} to ${name}`),
    'commit',
  ]).catch(refused('create'))
  let dropped: Promise<void> | undefined
  const drop = (): Promise<void> => (dropped ??= dropLogin(adminUrl, role).catch(refused('drop')))
  return { role, url: connectionUrl(adminUrl, { user: role, password }), drop, [Symbol.asyncDispose]: drop }
}

async function dropLogin(adminUrl: string, role: string): Promise<void> {
  const name = escapeIdentifier(role)
  // A session left open by a pool may hold locks, and DROP OWNED would wait for them for ever.
  const endSessions = [
    `alter role ${name} nologin`,
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = ${escapeLiteral(role)}`,
  ]
  try {
    await runStatements(adminUrl, [...endSessions, `drop owned by ${name}`, `drop role ${name}`])
  } catch (error) {
    if (!isDatabaseGone(error)) throw error
    // With its database went everything the role owned there; the role itself belongs to the server.
    await runStatements(connectionUrl(adminUrl, { database: 'postgres' }), [...endSessions, `drop role ${name}`])
  }
}

function isDatabaseGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '3D000'
}
