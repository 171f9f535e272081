import type { OpenScope } from '@partywall/testing/contract'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { createTenancy } from '../../src/index.ts'
import { MapCache } from '../contract/drizzle-cache.ts'
import { drizzleSchema, repositories } from '../contract/drizzle-schema.ts'
import { drizzleQueries } from '../contract/drizzle-scope.ts'
import { plainStorage } from './plain-storage.ts'

/** Drizzle on the tenant pool with a cache of results that all tenants share. */
export const openSharedCacheDrizzle: OpenScope = async ({ url, maxConnections }) => {
  const tenancy = createTenancy({ pool: { connectionString: url, max: maxConnections } })
  const db = drizzle({ client: tenancy.pool, schema: drizzleSchema, cache: new MapCache() })
  return {
    ...drizzleQueries(db),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    transaction: async (work) => await db.transaction(async (tx) => await work(drizzleQueries(tx))),
    lazyList: () => db.select().from(repositories),
    cachedList: async () => await db.select().from(repositories).$withCache(),
    close: () => tenancy.close(),
  }
}

/** Plain Drizzle whose transactions begin with the tenant, as the recipes for row level security show it. */
export const openTransactionsOnlyDrizzle: OpenScope = async ({ url, maxConnections }) => {
  const { tenant, ...scopes } = plainStorage()
  const pool = new Pool({ connectionString: url, max: maxConnections, connectionTimeoutMillis: 1_000 })
  pool.on('error', () => {})
  const db = drizzle({ client: pool, schema: drizzleSchema })
  return {
    ...drizzleQueries(db),
    ...scopes,
    transaction: async (work) =>
      await db.transaction(async (tx) => {
        await tx.execute(sql`select set_config('app.current_tenant_id', ${tenant()}, true)`)
        return await work(drizzleQueries(tx))
      }),
    close: () => pool.end(),
  }
}
