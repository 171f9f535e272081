import { AsyncLocalStorage } from 'node:async_hooks'
import type { OpenScope, Queries, RepositoryRow, ScopeUnderTest } from '@partywall/testing/contract'
import Cursor from 'pg-cursor'
import type { QueryResult } from 'pg'
import { TenancyError } from '../../src/index.ts'
import { assertLoginBound, loginFactsSql } from '../../src/pg/login-check.ts'
import type { LoginFacts } from '../../src/pg/login-check.ts'
import { isTransactionControl, readStatement } from '../../src/pg/statement.ts'
import { pgQueries } from '../contract/pg-scope.ts'
import type { Flaw } from './flaw.ts'
import { Lender } from './lender.ts'
import type { Connection } from './lender.ts'
import { PlainUnit, setting } from './plain-unit.ts'

/** A tenant scope as one would write it by hand on plain `pg`, with the given flaws. Without any it keeps every promise. */
export function plainScope(...flaws: readonly Flaw[]): OpenScope {
  return async ({ url, maxConnections }) => new PlainScope(url, maxConnections, new Set(flaws)).port()
}

class PlainScope {
  readonly #flaws: ReadonlySet<Flaw>
  readonly #lender: Lender
  readonly #storage = new AsyncLocalStorage<string>()
  #variable: string | undefined
  #batch: { readonly ids: string[]; readonly rows: Promise<readonly RepositoryRow[]> } | undefined

  // oxlint-disable-next-line max-params -- a test's own
  constructor(url: string, max: number, flaws: ReadonlySet<Flaw>) {
    this.#flaws = flaws
    this.#lender = new Lender({ url, max, lendsBroken: flaws.has('lends-broken'), tenant: () => this.#current() })
  }

  port(): ScopeUnderTest {
    const queries = pgQueries(async (sql, values) => await this.#single(sql, values))
    return {
      ...queries,
      ...(this.#flaws.has('raw-unscoped') && { query: async (sql) => (await this.#bare(sql)).rows }),
      ...(this.#flaws.has('batched-by-tick') && { find: async (id) => await this.#findBatched(id, queries) }),
      run: (organizationId, work) => this.#enter(organizationId, work),
      bootstrap: (work) => this.#enter('', work),
      transaction: async (work) => await this.#transaction(work),
      session: async (work) => {
        const tenant = this.#require()
        return await this.#hold(async (connection) => {
          const unit = new PlainUnit(connection, tenant, this.#flaws)
          return await work(async (sql) => {
            this.#assertSendable(sql)
            return (await unit.run(sql)).rows
          })
        })
      },
      stream: async (sql) => await this.#stream(sql),
      batchList: async () => await Promise.all([queries.list(), queries.list()]),
      close: async () => await this.#lender.end(),
    }
  }

  #enter<T>(tenant: string, work: () => T): T {
    this.#variable = tenant
    return this.#storage.run(tenant, work)
  }

  #current(): string | undefined {
    return this.#flaws.has('last-tenant') ? this.#variable : this.#storage.getStore()
  }

  #require(): string {
    const tenant = this.#current()
    if (tenant !== undefined) return tenant
    if (this.#flaws.has('tenant-optional')) return ''
    throw new TenancyError('TENANT_REQUIRED', 'No tenant is in scope.')
  }

  #assertSendable(sql: string, alone = false): void {
    const { kind, refusal } = readStatement(sql, setting)
    if (refusal !== undefined && !this.#flaws.has('unchecked-statements')) {
      throw new TenancyError(refusal.code, `Refused: ${refusal.reason}; nothing was sent.`)
    }
    if (alone && isTransactionControl(kind) && !this.#flaws.has('stray-control')) {
      throw new TenancyError('STATEMENT_REFUSED', 'Refused: transaction control on its own; nothing was sent.')
    }
  }

  async #single(sql: string, values?: unknown[]): Promise<QueryResult> {
    const tenant = this.#require()
    this.#assertSendable(sql, true)
    return await this.#hold(async (connection, tenantAtDispatch) => {
      const own = this.#flaws.has('read-at-dispatch') ? (tenantAtDispatch ?? '') : tenant
      if (own === '' && (this.#flaws.has('bare-bootstrap') || this.#flaws.has('session-setting')))
        return await connection.client.query(sql, values)
      return await new PlainUnit(connection, own, this.#flaws).run(sql, values)
    })
  }

  async #transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const tenant = this.#require()
    if (this.#flaws.has('split-transaction')) {
      return await work(pgQueries(async (sql, values) => await this.#single(sql, values)))
    }
    return await this.#hold(async (connection, tenantAtDispatch) => {
      const own = this.#flaws.has('read-at-dispatch') ? (tenantAtDispatch ?? '') : tenant
      const unit = new PlainUnit(connection, own, this.#flaws)
      let open = true
      const run = async (sql: string, values?: unknown[]): Promise<QueryResult> => {
        if (!open && !this.#flaws.has('immortal-handle')) throw new TenancyError('CLIENT_RELEASED', 'It has ended.')
        const here = this.#current()
        if (here !== undefined && here !== tenant && !this.#flaws.has('any-scope')) {
          throw new TenancyError('TENANT_MISMATCH', 'The transaction belongs to another tenant.')
        }
        this.#assertSendable(sql)
        const { kind } = readStatement(sql, setting)
        // Outside the transaction, which the caller may have ended, it goes out bare, and the policies refuse it.
        return await (kind === 'work' ? unit.inside(sql, values) : unit.run(sql, values))
      }
      await connection.client.query('begin')
      try {
        const result = await work(pgQueries(run))
        await connection.client.query('commit')
        return result
      } catch (error) {
        await connection.client.query('rollback').catch(() => {})
        throw error
      } finally {
        open = false
      }
    })
  }

  async #stream(sql: string): Promise<readonly Record<string, unknown>[]> {
    const tenant = this.#require()
    return await this.#hold(async ({ client }) => {
      if (!this.#flaws.has('stream-unscoped')) {
        await client.query('begin')
        await client.query(`select set_config('${setting}', $1, true)`, [tenant])
      }
      const cursor = client.query(new Cursor(sql))
      const rows = await cursor.read(100)
      await cursor.close()
      await client.query('commit')
      return rows
    })
  }

  async #bare(sql: string): Promise<QueryResult> {
    this.#require()
    return await this.#hold(async ({ client }) => await client.query(sql))
  }

  /** Lends a connection to `work`. It goes back when no transaction is open on it. */
  async #hold<T>(work: (connection: Connection, tenantAtDispatch: string | undefined) => Promise<T>): Promise<T> {
    const { connection, tenantAtDispatch } = await this.#lender.lend()
    let reusable = false
    try {
      await this.#checkLogin(connection)
      return await work(connection, tenantAtDispatch)
    } finally {
      const careless = ['returned-in-transaction', 'stray-control', 'no-rollback', 'lends-broken'] as const
      reusable = connection.client.getTransactionStatus() === 'I' || careless.some((flaw) => this.#flaws.has(flaw))
      this.#lender.giveBack(connection, reusable)
    }
  }

  async #checkLogin({ client }: Connection): Promise<void> {
    if (this.#flaws.has('no-login-check') || client.getTransactionStatus() !== 'I') return
    const { rows } = await client.query<LoginFacts>(loginFactsSql, ['partywall'])
    if (rows[0] !== undefined) assertLoginBound(rows[0], 'partywall')
  }

  /** As a data loader does: whoever comes first asks for all, in its own scope. */
  async #findBatched(id: string, queries: Queries): Promise<RepositoryRow | undefined> {
    this.#require()
    this.#batch ??= this.#startBatch(queries)
    this.#batch.ids.push(id)
    return (await this.#batch.rows).find((row) => row.id === id)
  }

  #startBatch(queries: Queries): { ids: string[]; rows: Promise<readonly RepositoryRow[]> } {
    const ids: string[] = []
    const rows = new Promise<void>((resolve) => process.nextTick(resolve)).then(async () => {
      this.#batch = undefined
      const found = await Promise.all(ids.map((id) => queries.find(id)))
      return found.filter((row) => row !== undefined)
    })
    return { ids, rows }
  }
}
