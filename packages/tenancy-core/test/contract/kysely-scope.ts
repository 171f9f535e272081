import type { OpenScope, OpenScopeOptions, Queries, ScopeUnderTest } from '@partywall/testing/contract'
import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely'
import type { Generated, KyselyPlugin } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import Cursor from 'pg-cursor'
import { contractTenancy } from './contract-tenancy.ts'
import type { Tenancy } from '../../src/index.ts'
import { tenantFilterPlugin } from '../../src/kysely/index.ts'

/** The tables as Kysely is told them. */
export interface KyselySchema {
  readonly repositories: { readonly id: Generated<string>; readonly org_id: Generated<string>; readonly name: string }
  readonly tests: {
    readonly id: Generated<string>
    readonly org_id: Generated<string>
    readonly repository_id: string
    readonly title: string
  }
}

const columns = ['id', 'org_id as organizationId', 'name'] as const
const testColumns = ['id', 'org_id as organizationId'] as const

/** Kysely on the tenant pool. */
export const openKyselyScope: OpenScope = async (options) => kyselyScope(options, () => [])

/** Kysely on the tenant pool, every query naming its tenant as well. */
export const openFilteredKyselyScope: OpenScope = async (options) =>
  kyselyScope(options, (tenancy) => [tenantFilterPlugin({ tenancy, tables: ['repositories', 'tests'] })])

function kyselyScope(options: OpenScopeOptions, pluginsOf: (tenancy: Tenancy) => KyselyPlugin[]): ScopeUnderTest {
  const tenancy = contractTenancy(options)
  const dialect = new PostgresDialect({ pool: tenancy.pool, cursor: Cursor })
  const kysely = new Kysely<KyselySchema>({ dialect, plugins: pluginsOf(tenancy) })
  return {
    ...kyselyQueries(kysely),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    transaction: async (work) => await kysely.transaction().execute(async (trx) => await work(kyselyQueries(trx))),
    session: async (work) => await kysely.connection().execute(async (one) => await work(kyselyQueries(one).query)),
    stream: async (text) =>
      await kysely.transaction().execute(async (trx) => {
        const rows: Record<string, unknown>[] = []
        const stream = trx.getExecutor().stream<Record<string, unknown>>(CompiledQuery.raw(text), 2)
        for await (const result of stream) rows.push(...result.rows)
        return rows
      }),
    close: async () => {
      await kysely.destroy()
      await tenancy.close()
    },
  }
}

/** The port's queries in the words of Kysely. */
export function kyselyQueries(db: Kysely<KyselySchema>): Queries {
  return {
    query: async (text) => (await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text))).rows,
    find: async (id) => await db.selectFrom('repositories').select(columns).where('id', '=', id).executeTakeFirst(),
    findTest: async (id) => await db.selectFrom('tests').select(testColumns).where('id', '=', id).executeTakeFirst(),
    list: async () => await db.selectFrom('repositories').select(columns).execute(),
    listWithTests: async () =>
      await db
        .selectFrom('repositories')
        .select(columns)
        .select((one) =>
          jsonArrayFrom(
            one.selectFrom('tests').select(testColumns).whereRef('tests.repository_id', '=', 'repositories.id'),
          ).as('tests'),
        )
        .execute(),
    insert: async ({ name, organizationId }) =>
      await db
        .insertInto('repositories')
        .values({ name, ...(organizationId && { org_id: organizationId }) })
        .returning(columns)
        .executeTakeFirstOrThrow(),
    insertMany: async (rows) => {
      const values = rows.map(({ name, organizationId }) => ({
        name,
        ...(organizationId && { org_id: organizationId }),
      }))
      const result = await db.insertInto('repositories').values(values).executeTakeFirst()
      return Number(result.numInsertedOrUpdatedRows)
    },
    insertWithTests: async ({ name, titles }) => {
      const given = sql<{ title: string }>`unnest(${titles}::text[])`.as<'given'>(sql`given(title)`)
      await db
        .with('made', (one) => one.insertInto('repositories').values({ name }).returning('id'))
        .insertInto('tests')
        .columns(['repository_id', 'title'])
        .expression((one) => one.selectFrom(['made', given]).select(['made.id', 'given.title']))
        .execute()
    },
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
