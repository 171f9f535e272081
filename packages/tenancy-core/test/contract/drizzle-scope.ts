import type { OpenScope, Queries } from '@partywall/testing/contract'
import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import { scopedCache } from '../../src/drizzle/index.ts'
import { contractTenancy } from './contract-tenancy.ts'
import { MapCache } from './drizzle-cache.ts'
import { drizzleSchema, repositories, tests } from './drizzle-schema.ts'

/** What has Drizzle's queries: the database, or a transaction of it. */
type Drizzle = PgDatabase<NodePgQueryResultHKT, typeof drizzleSchema>

/** Drizzle on the tenant pool. */
export const openDrizzleScope: OpenScope = async (options) => {
  const tenancy = contractTenancy(options)
  const cache = scopedCache(tenancy, new MapCache())
  const db = drizzle({ client: tenancy.pool, schema: drizzleSchema, cache })
  return {
    ...drizzleQueries(db),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    transaction: async (work) => await db.transaction(async (tx) => await work(drizzleQueries(tx))),
    session: async (work) => {
      const client = await tenancy.pool.connect()
      try {
        return await work(drizzleQueries(drizzle({ client, schema: drizzleSchema })).query)
      } finally {
        client.release()
      }
    },
    lazyList: () => db.select().from(repositories),
    cachedList: async () => await db.select().from(repositories).$withCache(),
    close: () => tenancy.close(),
  }
}

/** The port's queries in the words of Drizzle. */
export function drizzleQueries(db: Drizzle): Queries {
  return {
    query: async (text) => (await db.execute(sql.raw(text))).rows,
    find: async (id) => (await db.select().from(repositories).where(eq(repositories.id, id)))[0],
    findTest: async (id) => (await db.select().from(tests).where(eq(tests.id, id)))[0],
    list: async () => await db.select().from(repositories),
    listWithTests: async () => await db.query.repositories.findMany({ with: { tests: true } }),
    insert: async (row) => {
      const [made] = await db.insert(repositories).values(row).returning()
      if (made === undefined) throw new Error('nothing was inserted')
      return made
    },
    insertMany: async (rows) => (await db.insert(repositories).values([...rows])).rowCount ?? 0,
    insertWithTests: async ({ name, titles }) => {
      await db.execute(sql`
        with made as (insert into ${repositories} (name) values (${name}) returning id)
        insert into ${tests} (repository_id, title)
        select made.id, title from made, unnest(${sql.param(titles)}::text[]) title`)
    },
    insertTest: async (row) => {
      await db.insert(tests).values(row)
    },
    upsert: async ({ name, organizationId }) => {
      const target = [repositories.organizationId, repositories.name]
      await db.insert(repositories).values({ name, organizationId }).onConflictDoUpdate({ target, set: { name } })
    },
    update: async (id, changes) =>
      (await db.update(repositories).set(changes).where(eq(repositories.id, id))).rowCount ?? 0,
    remove: async (id) => (await db.delete(repositories).where(eq(repositories.id, id))).rowCount ?? 0,
  }
}
