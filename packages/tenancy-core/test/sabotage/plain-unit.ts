import type { QueryResult } from 'pg'
import { TenancyError } from '../../src/index.ts'
import { readStatement } from '../../src/pg/statement.ts'
import type { Flaw } from './flaw.ts'
import type { Connection } from './lender.ts'

export const setting = 'app.current_tenant_id'

/** What one holder of a connection does on it for one tenant. */
export class PlainUnit {
  readonly #connection: Connection
  readonly #tenant: string
  readonly #flaws: ReadonlySet<Flaw>
  #armed = false

  constructor(connection: Connection, tenant: string, flaws: ReadonlySet<Flaw>) {
    this.#connection = connection
    this.#tenant = tenant
    this.#flaws = flaws
  }

  /** One statement, in a transaction of its own unless one is open. */
  async run(sql: string, values?: unknown[]): Promise<QueryResult> {
    const { client } = this.#connection
    const { kind } = readStatement(sql, setting)
    const control = kind !== 'work' && kind !== 'neutral'
    if (control) return await this.#control(sql, kind)
    if (client.getTransactionStatus() === 'T' || client.getTransactionStatus() === 'E')
      return await this.inside(sql, values)
    if (this.#flaws.has('set-before-statement')) {
      await this.#arm()
      return await client.query(sql, values)
    }
    await client.query('begin')
    this.#armed = false
    try {
      const result = await this.inside(sql, values)
      await client.query('commit')
      return result
    } catch (error) {
      if (!this.#flaws.has('no-rollback')) await client.query('rollback').catch(() => {})
      throw error
    }
  }

  /** A statement in the transaction that is open. What is set and what is asked go out in this order, without a gap. */
  async inside(sql: string, values?: unknown[]): Promise<QueryResult> {
    const { client } = this.#connection
    if (this.#flaws.has('reset-per-operation')) {
      await this.#arm()
      const result = await client.query(sql, values)
      await client.query(`select set_config('${setting}', '', true)`)
      return result
    }
    const armed = this.#armed ? undefined : this.#arm()
    const result = client.query(sql, values)
    const outcomes = await Promise.allSettled([armed, result])
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return await result
  }

  async #control(sql: string, kind: string): Promise<QueryResult> {
    const result = await this.#connection.client.query(sql)
    if (kind === 'rollback-to') this.#armed = this.#armed && this.#flaws.has('no-rearm')
    else if (kind !== 'savepoint') this.#armed = false
    return result
  }

  async #arm(): Promise<void> {
    const connection = this.#connection
    const cached = this.#flaws.has('cached-setting')
    this.#armed = true
    if (cached && connection.cachedTenant === this.#tenant) return
    connection.cachedTenant = this.#tenant
    const local = !cached && !this.#flaws.has('session-setting')
    const sql = `select set_config('${setting}', $1, ${String(local)}) as tenant`
    const { rows } = await connection.client.query<{ tenant: string }>(sql, [this.#tenant])
    if (this.#flaws.has('no-echo') || rows[0]?.tenant === this.#tenant) return
    throw new TenancyError('CONTEXT_NOT_APPLIED', 'The server did not confirm the tenant.')
  }
}
