import type { OpenScope, Queries } from '@partywall/testing/contract'
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import type { Generated } from 'kysely'
import Cursor from 'pg-cursor'
import { createTenancy } from '../../src/index.ts'

interface Schema {
  readonly repositories: { readonly id: Generated<string>; readonly org_id: Generated<string>; readonly name: string }
  readonly tests: { readonly repository_id: string; readonly title: string }
}

const columns = ['id', 'org_id as organizationId', 'name'] as const

/** Kysely on the tenant pool. */
export const openKyselyScope: OpenScope = async ({ url, maxConnections, pooled }) => {
  const tenancy = createTenancy({ pool: { connectionString: url, max: maxConnections }, preparedContext: !pooled })
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: tenancy.pool, cursor: Cursor }) })
  return {
    ...queriesOf(kysely),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    transaction: async (work) => await kysely.transaction().execute(async (trx) => await work(queriesOf(trx))),
    session: async (work) => await kysely.connection().execute(async (one) => await work(queriesOf(one).query)),
    stream: async (sql) =>
      await kysely.transaction().execute(async (trx) => {
        const rows: Record<string, unknown>[] = []
        const stream = trx.getExecutor().stream<Record<string, unknown>>(CompiledQuery.raw(sql), 2)
        for await (const result of stream) rows.push(...result.rows)
        return rows
      }),
    close: async () => {
      await kysely.destroy()
      await tenancy.close()
    },
  }
}

function queriesOf(db: Kysely<Schema>): Queries {
  return {
    query: async (sql) => (await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(sql))).rows,
    find: async (id) => await db.selectFrom('repositories').select(columns).where('id', '=', id).executeTakeFirst(),
    list: async () => await db.selectFrom('repositories').select(columns).execute(),
    insert: async ({ name, organizationId }) =>
      await db
        .insertInto('repositories')
        .values({ name, ...(organizationId && { org_id: organizationId }) })
        .returning(columns)
        .executeTakeFirstOrThrow(),
    insertTest: async ({ repositoryId, title }) => {
      await db.insertInto('tests').values({ repository_id: repositoryId, title }).execute()
    },
    upsert: async ({ name, organizationId }) => {
      await db
        .insertInto('repositories')
        .values({ name, org_id: organizationId })
        .onConflict((conflict) => conflict.columns(['org_id', 'name']).doNothing())
        .execute()
    },
    update: async (id, { name, organizationId }) => {
      const changes = { ...(name && { name }), ...(organizationId && { org_id: organizationId }) }
      const result = await db.updateTable('repositories').set(changes).where('id', '=', id).executeTakeFirst()
      return Number(result.numUpdatedRows)
    },
    remove: async (id) =>
      Number((await db.deleteFrom('repositories').where('id', '=', id).executeTakeFirst()).numDeletedRows),
  }
}
