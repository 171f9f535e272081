import type { Duplex } from 'node:stream'
import { isHostBehindAwait, reachHost } from '../call-site.ts'
import type { ClientClass, LentClient } from '../pg/pg-module.ts'
import type { ScopedPool } from '../pg/tenant-pool.ts'
import type { ScopeStore } from '../scope.ts'

/** The client of Knex for PostgreSQL, as far as it is extended here; the names are Knex's own. */
export interface KnexClient {
  readonly transacting?: boolean
  acquireConnection(): Promise<unknown>
  releaseConnection(connection: object | undefined): Promise<unknown>
  cancelQuery(connection: object): Promise<unknown>
  _stream(...call: StreamCall): Promise<unknown>
}

type StreamCall = [connection: object, query: object, stream: Duplex, options: unknown]

type KnexClientClass = new (config?: object) => KnexClient

/** A check-out, with what Knex notes on it. */
interface KnexConnection extends LentClient {
  __knexUid?: string
  /** Why the connection is not to be used again. */
  __knex__disposed?: unknown
}

const methods = ['acquireConnection', 'releaseConnection', 'cancelQuery', '_stream'] as const

export function isPostgresClient(client: unknown): client is KnexClient {
  if (typeof client !== 'object' || client === null) return false
  return methods.every((method) => typeof Reflect.get(client, method) === 'function')
}

/** Extends the client class of the host's own Knex. Knex makes transactions from its prototype alone: no fields. */
export function scopedClientClass(
  client: KnexClient,
  tenancy: { readonly pool: ScopedPool; readonly scopes: ScopeStore },
): KnexClientClass {
  const { pool, scopes } = tenancy
  const Client = client.constructor as KnexClientClass
  /** Check-outs that go back when their stream has ended its transaction. */
  const streaming = new WeakSet<object>()
  const released = new WeakSet<object>()
  let checkOuts = 0

  return class ScopedKnexClient extends Client {
    // Knex calls this in the scope of its caller, before anything is awaited: pool.connect() reads the tenant there.
    override async acquireConnection(): Promise<unknown> {
      // The call is reported, or refused, with its place in the host.
      if (scopes.current() === undefined && isHostBehindAwait()) await reachHost()
      const connection = (await pool.connect()) as KnexConnection
      checkOuts += 1
      connection.__knexUid = `__knexUid${checkOuts}`
      return connection
    }

    /** Knex releases the connection of a stream twice, and in older versions one that the stream never had. */
    override async releaseConnection(connection: object | undefined): Promise<void> {
      if (connection === undefined || streaming.has(connection) || released.has(connection)) return
      released.add(connection)
      const lent = connection as KnexConnection
      lent.release(lent.__knex__disposed)
    }

    /** From a connection beside the pool, all of whose own may be stuck as well. */
    override async cancelQuery(connection: object): Promise<void> {
      const { processID } = connection as KnexConnection
      const statement = { text: 'select pg_cancel_backend($1)', values: [processID] }
      if (scopes.current()?.kind === 'operator') await pool.query(statement)
      else await queryBeside(pool, statement)
    }

    /** A cursor takes several round trips, so its tenant needs a transaction. Read only: nobody would hear COMMIT fail. */
    override async _stream(...call: StreamCall): Promise<unknown> {
      const [connection, , stream] = call
      const run = (): Promise<unknown> => super._stream(...call)
      if (this.transacting === true) return await run()
      const lent = connection as KnexConnection
      streaming.add(connection)
      try {
        await beginFor(stream, lent)
        // Knex's own promise does not settle when the stream is closed early.
        return await Promise.race([run(), closing(stream)])
      } finally {
        await Promise.resolve(lent.query('commit')).catch(() => {})
        streaming.delete(connection)
        await this.releaseConnection(connection)
      }
    }
  }
}

async function beginFor(stream: Duplex, lent: LentClient): Promise<void> {
  try {
    await lent.query('begin read only')
    // The tenant is sent now: a cursor that is closed while it waits behind that would never leave the connection.
    await lent.query('select')
  } catch (error) {
    // Knex leaves it to its client to tell the stream once there is a connection.
    stream.emit('error', error)
    throw error
  }
}

async function closing(stream: Duplex): Promise<void> {
  if (stream.closed) return
  await new Promise<void>((resolve) => {
    stream.once('close', resolve)
  })
}

/** On a connection of the pool's kind and login that is none of the pool's. It has no tenant. */
async function queryBeside(pool: ScopedPool, statement: object): Promise<void> {
  const { Client, options } = pool as unknown as { Client: ClientClass; options: object }
  const client = new Client(options)
  // A failure is told by the call; an unheard event beside it would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(statement)
  } finally {
    client.end(() => {})
  }
}
