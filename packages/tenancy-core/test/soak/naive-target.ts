import { AsyncLocalStorage } from 'node:async_hooks'
import { Pool } from 'pg'
import type { PoolClient } from 'pg'
import type { SoakTarget } from './soak-target.ts'

/** A scope that sets the tenant for the session whenever a connection is lent, as many services do it. */
export function naiveTarget(connectionString: string): SoakTarget {
  const storage = new AsyncLocalStorage<string>()
  const pool = new Pool({ connectionString, max: 8 })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const connect = pool.connect.bind(pool) as () => Promise<PoolClient>
  const lend = async (): Promise<PoolClient> => {
    const client = await connect()
    const tenant = storage.getStore()
    try {
      if (tenant !== undefined) await client.query(`select set_config('app.current_tenant_id', $1, false)`, [tenant])
      return client
    } catch (error) {
      client.release(true)
      throw error
    }
  }
  const query = async (text: string, values?: unknown[]): Promise<unknown> => {
    const client = await lend()
    try {
      return await client.query(text, values)
    } finally {
      client.release()
    }
  }
  Object.assign(pool, { connect: lend, query })
  return {
    pool,
    run: ({ organizationId }, work) => storage.run(organizationId, work),
    bootstrap: (work) => storage.exit(work),
    close: () => pool.end(),
  }
}
