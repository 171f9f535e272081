import type { OpenScope } from '@partywall/testing/contract'
import knex from 'knex'
import type { Knex } from 'knex'
import type { PoolClient } from 'pg'
import { createTenancy } from '../../src/index.ts'
import { knexQueries, knexUnits } from '../contract/knex-scope.ts'
import { plainStorage, setForSession } from './plain-storage.ts'

type ClientClass = new (config: Knex.Config) => Knex.Client

// What a pool of Knex cannot do, it prints.
const silent = { warn: () => {}, error: () => {}, debug: () => {}, deprecate: () => {} }

const postgresClient = (): ClientClass =>
  (knex({ client: 'pg' }).client as Knex.Client).constructor as unknown as ClientClass

/** Knex with a pool of its own, which takes its connections from the tenant pool: each has the tenant of its first user. */
export const openOwnPoolKnex: OpenScope = async ({ url, maxConnections }) => {
  const tenancy = createTenancy({ pool: { connectionString: url, max: maxConnections } })
  class OwnPoolClient extends postgresClient() {
    override async acquireRawConnection(): Promise<PoolClient> {
      return await tenancy.pool.connect()
    }

    override async destroyRawConnection(connection: PoolClient): Promise<void> {
      connection.release()
    }
  }
  const own = knex({
    client: OwnPoolClient as unknown as typeof Knex.Client,
    connection: url,
    pool: { min: 0, max: maxConnections, acquireTimeoutMillis: 300 },
    log: silent,
  })
  return {
    ...knexQueries(own),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    ...knexUnits(own),
    close: async () => {
      await own.destroy()
      await tenancy.close()
    },
  }
}

/** Plain Knex that sets the tenant for the session whenever a connection is lent. */
export const openSessionKnex: OpenScope = async ({ url, maxConnections }) => {
  const { tenant, ...scopes } = plainStorage()
  class SessionClient extends postgresClient() {
    override async acquireConnection(): Promise<unknown> {
      const connection = (await super.acquireConnection()) as PoolClient
      if (tenant() !== '') await connection.query(setForSession, [tenant()])
      return connection
    }
  }
  const plain = knex({
    client: SessionClient as unknown as typeof Knex.Client,
    connection: url,
    pool: { min: 0, max: maxConnections, acquireTimeoutMillis: 300 },
    log: silent,
  })
  return { ...knexQueries(plain), ...scopes, ...knexUnits(plain), close: () => plain.destroy() }
}
