import { Client } from 'pg'

/** A connection of plain `pg`, and what the scope notes on it. */
export interface Connection {
  readonly client: Client
  ended: boolean
  /** The tenant that the session is believed to have. */
  cachedTenant: string | undefined
}

/** What is lent, with the tenant in scope where the lending happened. */
export interface Loan {
  readonly connection: Connection
  readonly tenantAtDispatch: string | undefined
}

/** Lends connections, in the order they were asked for, the simplest way. */
export class Lender {
  readonly #url: string
  readonly #max: number
  readonly #lendsBroken: boolean
  readonly #tenant: () => string | undefined
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  readonly #waiting: ((loan: Loan) => void)[] = []

  constructor(options: { url: string; max: number; lendsBroken: boolean; tenant: () => string | undefined }) {
    this.#url = options.url
    this.#max = options.max
    this.#lendsBroken = options.lendsBroken
    this.#tenant = options.tenant
  }

  async lend(): Promise<Loan> {
    const idle = this.#idle.shift()
    if (idle !== undefined && (!idle.ended || this.#lendsBroken)) return this.#loan(idle)
    if (idle !== undefined) this.#all.delete(idle)
    if (this.#all.size < this.#max) return this.#loan(await this.#connect())
    return await new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  giveBack(connection: Connection, reusable: boolean): void {
    if (!reusable || (connection.ended && !this.#lendsBroken)) {
      this.#all.delete(connection)
      void connection.client.end().catch(() => {})
      void this.#serveNext()
      return
    }
    const next = this.#waiting.shift()
    // In the context of whoever gives it back.
    if (next === undefined) this.#idle.push(connection)
    else next(this.#loan(connection))
  }

  async end(): Promise<void> {
    await Promise.all([...this.#all].map(({ client }) => client.end().catch(() => {})))
  }

  async #serveNext(): Promise<void> {
    const next = this.#waiting.shift()
    if (next !== undefined) next(this.#loan(await this.#connect()))
  }

  #loan(connection: Connection): Loan {
    return { connection, tenantAtDispatch: this.#tenant() }
  }

  async #connect(): Promise<Connection> {
    const client = new Client({ connectionString: this.#url })
    const connection: Connection = { client, ended: false, cachedTenant: undefined }
    this.#all.add(connection)
    client.on('error', () => {})
    client.on('end', () => {
      connection.ended = true
    })
    await client.connect()
    return connection
  }
}
