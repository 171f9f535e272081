import type { OpenScope, Queries } from '@partywall/testing/contract'
import { DataSource } from 'typeorm'
import type { EntityManager } from 'typeorm'
import { contractTenancy } from './contract-tenancy.ts'
import { scopedTypeorm } from '../../src/typeorm/index.ts'
import { MapQueryCache } from './typeorm-cache.ts'
import { repositoryEntity, testEntity } from './typeorm-entities.ts'

/** TypeORM on the tenant pool. It connects when it is opened, for its start-up queries. */
export const openTypeormScope: OpenScope = async (options) => {
  const tenancy = contractTenancy(options)
  const cache = { provider: () => new MapQueryCache() as never }
  const dataSource = new DataSource(scopedTypeorm(tenancy, { entities: [repositoryEntity, testEntity], cache }))
  try {
    await tenancy.bootstrap(() => dataSource.initialize())
  } catch (error) {
    await tenancy.close()
    throw error
  }
  return {
    ...typeormQueries(dataSource.manager),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    ...typeormUnits(dataSource),
    close: async () => {
      await dataSource.destroy()
      await tenancy.close()
    },
  }
}

/** What TypeORM does beside single calls. */
export function typeormUnits(dataSource: DataSource): {
  readonly transaction: <T>(work: (queries: Queries) => Promise<T>) => Promise<T>
  readonly session: <T>(work: (query: Queries['query']) => Promise<T>) => Promise<T>
  readonly stream: (sql: string) => Promise<readonly Record<string, unknown>[]>
  readonly cachedList: Queries['list']
} {
  return {
    transaction: async (work) => await dataSource.transaction(async (manager) => await work(typeormQueries(manager))),
    session: async (work) => {
      const runner = dataSource.createQueryRunner()
      try {
        return await work(async (sql) => await runner.query(sql))
      } finally {
        await runner.release()
      }
    },
    stream: async (sql) =>
      await dataSource.transaction(async ({ queryRunner }) => {
        const rows: Record<string, unknown>[] = []
        for await (const row of (await queryRunner?.stream(sql)) ?? []) rows.push(row as Record<string, unknown>)
        return rows
      }),
    cachedList: async () => await dataSource.getRepository(repositoryEntity).find({ cache: true }),
  }
}

/** The port's queries in the words of TypeORM. */
export function typeormQueries(manager: EntityManager): Queries {
  const repositories = manager.getRepository(repositoryEntity)
  const tests = manager.getRepository(testEntity)
  return {
    query: async (sql) => await manager.query(sql),
    find: async (id) => (await repositories.findOneBy({ id })) ?? undefined,
    findTest: async (id) => (await tests.findOneBy({ id })) ?? undefined,
    list: async () => await repositories.find(),
    listWithTests: async () => {
      const rows = await repositories.find({ relations: { tests: true } })
      return rows.map((row) => ({ ...row, tests: row.tests ?? [] }))
    },
    insert: async ({ name, organizationId }) =>
      await repositories.save({ name, ...(organizationId && { organizationId }) }),
    insertMany: async (rows) => {
      const given = rows.map(({ name, organizationId }) => ({ name, ...(organizationId && { organizationId }) }))
      return (await repositories.insert(given)).identifiers.length
    },
    insertWithTests: async ({ name, titles }) => {
      await repositories.save({ name, tests: titles.map((title) => ({ title })) })
    },
    insertTest: async ({ repositoryId, title }) => {
      await tests.save({ title, repository: { id: repositoryId } })
    },
    upsert: async (row) => {
      await repositories.upsert(row, ['organizationId', 'name'])
    },
    update: async (id, changes) => (await repositories.update({ id }, changes)).affected ?? 0,
    remove: async (id) => (await repositories.delete({ id })).affected ?? 0,
  }
}
