import type { Client } from 'pg'
import { TenancyError } from '@partywall/tenancy-core'
import { clientFor, withoutPassword } from '../database/connection-string.ts'
import type { Session } from '../database/session.ts'
import { isPostgresError } from '../database/postgres-error.ts'
import type { PlanSettings } from '../plan/plan.ts'
import { quoteIdentifier } from '../sql/identifier.ts'
import { describe, type Outcome } from './probe.ts'
import { RowPlanError } from './rows/plan-rows.ts'
import { become } from './tenant-statements.ts'

/** Milliseconds. No statement waits longer for a lock, or runs longer. */
const statementMs = 200

/** Milliseconds. Ends the transaction of a prober that stopped in its middle; ends the connection too, hence not the budget itself. */
const backstopMs = 5000

/** How attacks reach the database: the tool's session in the application's role, or a login of the application. */
export interface ProbeLane {
  /** Runs the statements in one round trip; what the server refuses is an outcome, a broken connection is an error. */
  run(statements: readonly string[]): Promise<Outcome>
  /**
   * Opens a transaction that holds nothing up and is never committed; to be rolled back also when this is refused. With
   * `stable`, what others commit meanwhile is not seen.
   */
  begin(stable?: 'stable'): Promise<Outcome>
  /** Ends the transaction, and everything that it did. */
  rollback(): Promise<void>
  /** Statements that make the transaction act as that role; null when this lane cannot. */
  as(role: 'app' | 'operator' | 'login'): readonly string[] | null
}

/**
 * The tool's own session. Before 16 it becomes a member of the roles for the length of each transaction. With `nested`
 * the session is in a transaction already, and the lane's are parts of it.
 */
export async function ownerLane(session: Session, settings: PlanSettings, nested?: 'nested'): Promise<ProbeLane> {
  const { rows } = await session.query<{ login: string; superuser: boolean; version: number }>(
    "select current_user as login, rolsuper as superuser, current_setting('server_version_num')::int as version from pg_roles where rolname = current_user",
  )
  const { login = '', superuser = false, version = 0 } = rows[0] ?? {}
  const { app, operator } = settings.roles
  const grants =
    superuser || version >= 160000
      ? []
      : [`grant ${quoteIdentifier(app)}, ${quoteIdentifier(operator)} to ${quoteIdentifier(login)}`]
  const roles = { app: become(app), operator: become(operator), login: 'set local role none' }
  return lane(session, { version, opening: grants, as: (role) => [roles[role]], isNested: nested !== undefined })
}

/** A connection of the application's own login, as the application opens it. */
export interface AppLane extends ProbeLane, AsyncDisposable {
  readonly login: string
}

/**
 * Opens a connection of an application's login. It sets nothing for the session: behind a pooler the setting would
 * stay with a connection of the application.
 *
 * @throws TenancyError `DATABASE_URL_INVALID` when the driver cannot read the connection string;
 * `DATABASE_UNREACHABLE` when the server does not answer or refuses the login.
 */
export async function appLane(url: string): Promise<AppLane> {
  const client = clientFor(url, { application_name: 'partywall verify', keepAlive: true })
  // Without a listener, a connection that breaks while idle would end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (cause) {
    await client.end().catch(() => undefined)
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TenancyError(
      'DATABASE_UNREACHABLE',
      `Cannot connect to ${withoutPassword(url)}: ${reason}. Check --app-url or PARTYWALL_APP_URL.`,
      { cause },
    )
  }
  const session = textSession(client)
  const { rows } = await session.query<{ login: string; version: number }>(
    "select current_user as login, pg_catalog.current_setting('server_version_num')::int as version",
  )
  const { login = '', version = 0 } = rows[0] ?? {}
  return {
    ...lane(session, { version, opening: [], as: (role) => (role === 'app' ? [] : null), isNested: false }),
    login,
    [Symbol.asyncDispose]: () => client.end(),
  }
}

/** Several statements in one text give several answers: the last one counts. */
function textSession(client: Client): Pick<Session, 'query'> {
  const query = async (text: string): Promise<{ rows: unknown[]; rowCount: number | null }> => {
    const result = await client.query(text)
    const last = Array.isArray(result) ? result.at(-1) : result
    return { rows: last.rows, rowCount: last.rowCount }
  }
  return { query: query as Session['query'] }
}

/** The savepoint of a lane in a transaction that is not its own. */
const part = 'partywall_lane'

interface LaneOptions {
  readonly version: number
  readonly opening: readonly string[]
  readonly as: ProbeLane['as']
  readonly isNested: boolean
}

function lane(session: Session, { version, opening, as, isNested }: LaneOptions): ProbeLane {
  const settings = [
    `set local lock_timeout = ${statementMs}`,
    `set local statement_timeout = ${statementMs}`,
    // A part of a transaction holds nothing that the whole does not: on a busy machine the backstop would only end it.
    ...(isNested ? [] : [`set local idle_in_transaction_session_timeout = ${backstopMs}`]),
    ...(version >= 170000 && !isNested ? [`set local transaction_timeout = ${backstopMs}`] : []),
    // The host's triggers and functions expect the path that its own sessions have.
    'set local search_path to default',
    'set local row_security = on',
    ...opening,
  ]
  const run = async (statements: readonly string[]): Promise<Outcome> => {
    try {
      const { rows, rowCount } = await session.query(statements.join('; '))
      return { kind: 'rows', rows, rowCount: rowCount ?? 0 }
    } catch (error) {
      if (!isPostgresError(error) || isPostgresError(error, ...endings)) throw interrupted(error)
      return refusal(error)
    }
  }
  return {
    run,
    begin: (stable) => {
      const isolation = stable === undefined ? 'read committed' : 'repeatable read'
      return run([isNested ? `savepoint ${part}` : `begin isolation level ${isolation} read write`, ...settings])
    },
    async rollback() {
      await session.query(isNested ? `rollback to savepoint ${part}` : 'rollback').catch((error: unknown) => {
        throw interrupted(error)
      })
    },
    as,
  }
}

/** With these the server ends the connection as well: a time-out of the transaction, a shutdown, an administrator. */
const endings = ['25P03', '25P04', '57P01', '57P02', '57P03'] as const

function interrupted(cause: unknown): TenancyError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new TenancyError(
    'PROOF_INTERRUPTED',
    `The connection was lost in the middle of the attacks: ${reason}. All of them are rolled back, and nothing is proved. Run partywall verify again, while the server and this machine have less to do.`,
    { cause },
  )
}

/** What the server refused, as an outcome; every other error goes on. */
export function refusal(error: unknown): Outcome {
  if (!isPostgresError(error)) throw error
  const { routine } = error as { routine?: unknown }
  // The message would be in the language of the server; the name of its routine never changes.
  return {
    kind: 'error',
    sqlState: error.code,
    message: error.message,
    constraint: error.constraint,
    lacksPrivilege: error.code === '42501' && routine === 'aclcheck_error',
    copyBegan: error.code === '57014' && routine === 'CopyGetData',
  }
}

/** A transaction that found no lock or no time: all of it is tried again. */
export class Busy extends Error {
  override readonly name = 'Busy'
}

/** Ends the transaction when the statements, without which nothing else makes sense, were refused. */
export function demand(outcome: Outcome): void {
  if (outcome.kind === 'rows') return
  throw isBusy(outcome.sqlState) ? new Busy(describe(outcome)) : new RowPlanError(describe(outcome))
}

/** The server had no time or no lock for us, which says nothing about the wall: the same may be tried again. */
export function isBusy(sqlState: string): boolean {
  return ['55P03', '40P01', '40001', '57014', '25P04'].includes(sqlState)
}
