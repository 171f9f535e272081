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
  /** Drops the role with its grants and objects in that database. Safe to call twice. */
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
 * await using login = await createAppLogin(database.url(), { memberOf: ['app'] })
 * const pool = new pg.Pool({ connectionString: login.url })
 * ```
 */
export async function createAppLogin(adminUrl: string, options: AppLoginOptions = {}): Promise<AppLogin> {
  const role = options.role ?? randomName('app')
  const name = escapeIdentifier(role)
  const password = randomBytes(18).toString('base64url')
  const run = async (action: string, statements: readonly string[]): Promise<void> => {
    try {
      await runStatements(adminUrl, statements)
    } catch (cause) {
      // The statement is left out of the message: it carries the password.
      throw new TenancyError(
        'POSTGRES_ROLE_FAILED',
        `The server refused to ${action} the role ${name}: ${messageOf(cause)}`,
        { details: { role }, cause },
      )
    }
  }
  const grants = (options.memberOf ?? []).map((parent) => `grant ${escapeIdentifier(parent)} to ${name}`)
  await run('create', [
    'begin',
    `create role ${name} login nosuperuser nobypassrls nocreaterole nocreatedb inherit password ${escapeLiteral(password)}`,
    ...grants,
    'commit',
  ])
  let dropped: Promise<void> | undefined
  const drop = (): Promise<void> => (dropped ??= run('drop', [`drop owned by ${name}`, `drop role ${name}`]))
  return { role, url: connectionUrl(adminUrl, { user: role, password }), drop, [Symbol.asyncDispose]: drop }
}
