import type { OpenScope, Queries, RepositoryRow, TestRow } from '@partywall/testing/contract'
import type { Knex } from 'knex'
import { contractTenancy } from './contract-tenancy.ts'
import { scopedKnex } from '../../src/knex/index.ts'

const columns = { id: 'id', organizationId: 'org_id', name: 'name' } as const

/** Knex on the tenant pool. */
export const openKnexScope: OpenScope = async (options) => {
  const tenancy = contractTenancy(options)
  const knex = scopedKnex(tenancy)
  return {
    ...knexQueries(knex),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    ...knexUnits(knex),
    close: async () => {
      await knex.destroy()
      await tenancy.close()
    },
  }
}

/** What Knex does on a connection that it keeps for longer than a query. */
export function knexUnits(knex: Knex): {
  readonly transaction: <T>(work: (queries: Queries) => Promise<T>) => Promise<T>
  readonly session: <T>(work: (query: Queries['query']) => Promise<T>) => Promise<T>
  readonly stream: (sql: string) => Promise<readonly Record<string, unknown>[]>
  readonly lazyList: () => PromiseLike<readonly RepositoryRow[]>
} {
  return {
    transaction: async (work) => await knex.transaction(async (trx) => await work(knexQueries(trx))),
    session: async (work) => {
      const client = knex.client as Knex.Client
      const connection = (await client.acquireConnection()) as object
      try {
        return await work(async (sql) => rowsOf(await knex.raw(sql).connection(connection)))
      } finally {
        await client.releaseConnection(connection)
      }
    },
    stream: async (sql) => {
      const rows: Record<string, unknown>[] = []
      for await (const row of knex.raw(sql).stream({ highWaterMark: 2 })) rows.push(row as Record<string, unknown>)
      return rows
    },
    lazyList: () => knex('repositories').select<RepositoryRow[]>(columns),
  }
}

const rowsOf = (result: unknown): readonly Record<string, unknown>[] =>
  (result as { rows: Record<string, unknown>[] }).rows

/** The port's queries in the words of Knex. */
export function knexQueries(knex: Knex): Queries {
  const repositories = (): Knex.QueryBuilder<object, RepositoryRow[]> => knex('repositories').select(columns)
  return {
    query: async (sql) => rowsOf(await knex.raw(sql)),
    find: async (id) => (await repositories().where({ id }))[0],
    findTest: async (id) => {
      const rows = knex('tests').select<TestRow[]>({ id: 'id', organizationId: 'org_id' })
      return (await rows.where({ id }))[0]
    },
    list: async () => await repositories(),
    listWithTests: async () => {
      const rows = await repositories().select({
        tests: knex('tests as t')
          .select(knex.raw(`coalesce(json_agg(json_build_object('id', t.id, 'organizationId', t.org_id)), '[]')`))
          .whereRaw('t.repository_id = repositories.id'),
      })
      return rows as never
    },
    insert: async ({ name, organizationId }) => {
      const rows = knex('repositories').insert({ name, ...(organizationId && { org_id: organizationId }) })
      const [made] = await rows.returning(['id', 'org_id', 'name'])
      return { id: made.id, organizationId: made.org_id, name: made.name }
    },
    insertMany: async (rows) => {
      const given = rows.map(({ name, organizationId }) => ({
        name,
        ...(organizationId && { org_id: organizationId }),
      }))
      return (await knex.batchInsert<{ id: string; name: string }>('repositories', given, 2).returning('id')).length
    },
    insertWithTests: async ({ name, titles }) => {
      const made = knex('repositories').insert({ name }).returning('id')
      const rows = knex.select('made.id', knex.raw('unnest(?::text[])', [[...titles]])).from('made')
      await knex
        .with('made', made)
        .into(knex.raw('?? (??, ??)', ['tests', 'repository_id', 'title']))
        .insert(rows)
    },
    insertTest: async ({ repositoryId, title }) => {
      await knex('tests').insert({ repository_id: repositoryId, title })
    },
    upsert: async ({ name, organizationId }) => {
      await knex('repositories').insert({ name, org_id: organizationId }).onConflict(['org_id', 'name']).merge(['name'])
    },
    update: async (id, { name, organizationId }) =>
      await knex('repositories')
        .where({ id })
        .update({ ...(name && { name }), ...(organizationId && { org_id: organizationId }) }),
    remove: async (id) => await knex('repositories').where({ id }).delete(),
  }
}
