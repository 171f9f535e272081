import { Client, type QueryConfig, type QueryResultRow } from 'pg'
import { TenancyError } from '@partywall/tenancy-core'
import { sqlStateOf } from './dump-error.ts'
import type { DumpTarget } from './load-dump.ts'

const SAVEPOINT = 'partywall_dump'

/** Roles by which a session reaches files and programs of the server's machine. */
const REACHES_MACHINE = `
  select r.rolname::text as name
  from pg_catalog.pg_roles r
  where pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER')
    and (r.rolsuper or r.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
  limit 1`

/** The connections of one load: the owner's, and the administrator's when there is one. */
export class LoadSession implements AsyncDisposable {
  readonly owner: Client
  readonly ownerName: string
  readonly #adminUrl: string | undefined
  #admin: Client | undefined
  /** Whether the dump has opened a transaction of its own. */
  inTransaction = false
  #refusedGrants = 0

  private constructor(owner: Client, ownerName: string, adminUrl: string | undefined) {
    this.owner = owner
    this.ownerName = ownerName
    this.#adminUrl = adminUrl
    // A grant of what the owner holds but may not pass on is no error: PostgreSQL only warns.
    owner.on('notice', ({ code }) => {
      if (code === '01007') this.#refusedGrants += 1
    })
  }

  /**
   * Connects as the owner and looks at what it may do.
   *
   * @throws TenancyError `DUMP_TARGET_PRIVILEGED` when it could reach the server's machine.
   */
  static async open(target: DumpTarget): Promise<LoadSession> {
    const owner = await connect(target.ownerUrl)
    try {
      const { rows } = await owner.query<{ name: string }>('select current_user::text as name')
      const session = new LoadSession(owner, rows[0]?.name ?? '', target.adminUrl)
      await session.#refusePrivilegedOwner()
      // The database is thrown away after a crash: nothing waits for the disk.
      await owner.query(`set synchronous_commit = off`)
      return session
    } catch (error) {
      await owner.end()
      throw error
    }
  }

  async #refusePrivilegedOwner(): Promise<void> {
    const { rows } = await this.owner.query<{ name: string }>(REACHES_MACHINE)
    const role = rows[0]?.name
    if (role === undefined) return
    throw new TenancyError(
      'DUMP_TARGET_PRIVILEGED',
      `The loading owner "${this.ownerName}" can act as "${role}", so code of the dump could reach files and programs of the ` +
        'database server. Load as an ordinary role that owns the database, and give the administrator as adminUrl.',
      { details: { owner: this.ownerName, role } },
    )
  }

  /** How many grants the server has refused with a mere warning since this was last asked. */
  takeRefusedGrants(): number {
    const count = this.#refusedGrants
    this.#refusedGrants = 0
    return count
  }

  get hasAdministrator(): boolean {
    return this.#adminUrl !== undefined
  }

  /** Runs one statement as the owner. An error leaves the transaction of the dump usable. */
  async attempt(sql: string): Promise<{ error?: unknown }> {
    if (this.inTransaction) await this.owner.query(`savepoint ${SAVEPOINT}`)
    try {
      await this.owner.query(sql)
    } catch (error) {
      // A lost connection has no SQLSTATE, and nothing can be tried after it.
      if (sqlStateOf(error) === undefined) throw error
      if (this.inTransaction) await this.owner.query(`rollback to savepoint ${SAVEPOINT}`)
      return { error }
    }
    if (this.inTransaction) await this.owner.query(`release savepoint ${SAVEPOINT}`)
    return {}
  }

  /**
   * Runs a statement of the dump as the administrator, with the search path that the dump has set for the owner, and
   * then, in the same transaction, statements of our own.
   */
  async asAdministrator(statement: string, ...sequel: readonly string[]): Promise<void> {
    const admin = await this.#administrator()
    const { rows } = await this.owner.query<{ path: string }>(
      `select pg_catalog.current_setting('search_path') as path`,
    )
    await admin.query('begin')
    try {
      await admin.query(`select pg_catalog.set_config('search_path', $1, true)`, [rows[0]?.path ?? ''])
      // The extended protocol takes one statement and no more, however this loader and the server may differ on quotes.
      const single: QueryConfig & { queryMode: 'extended' } = { text: statement, queryMode: 'extended' }
      await admin.query(single)
      await admin.query('set local search_path = pg_catalog')
      for (const own of sequel) await admin.query(own)
      await admin.query('commit')
    } catch (error) {
      await admin.query('rollback')
      throw error
    }
  }

  /** Reads as the administrator, or as the owner when there is none. */
  async read<Row extends QueryResultRow>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    const client = this.hasAdministrator ? await this.#administrator() : this.owner
    return (await client.query<Row>(sql, [...values])).rows
  }

  async #administrator(): Promise<Client> {
    if (this.#admin !== undefined) return this.#admin
    this.#admin = await connect(this.#adminUrl ?? '')
    // The dump's own transaction may hold a lock that this connection would wait for, and it waits for this connection.
    // Functions and operators that the dump makes must never be found in the place of PostgreSQL's own.
    await this.#admin.query(
      `set lock_timeout = '10s'; set search_path = pg_catalog; set standard_conforming_strings = on`,
    )
    return this.#admin
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.owner.end(), this.#admin?.end()])
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: 'partywall load' })
  // A connection that breaks fails the query that runs on it; an unhandled event would end the process instead.
  client.on('error', () => undefined)
  await client.connect()
  return client
}
