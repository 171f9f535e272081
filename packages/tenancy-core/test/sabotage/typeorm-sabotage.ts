import type { OpenScope, ScopeUnderTest } from '@partywall/testing/contract'
import { DataSource } from 'typeorm'
import type { DataSourceOptions, QueryRunner } from 'typeorm'
import { createTenancy } from '../../src/index.ts'
import { scopedTypeorm } from '../../src/typeorm/index.ts'
import { MapQueryCache } from '../contract/typeorm-cache.ts'
import { repositoryEntity, testEntity } from '../contract/typeorm-entities.ts'
import { typeormQueries, typeormUnits } from '../contract/typeorm-scope.ts'
import { plainStorage, setForSession } from './plain-storage.ts'

const entities = [repositoryEntity, testEntity]
const cache = { provider: () => new MapQueryCache() as never }

function callsOf(dataSource: DataSource): Omit<ScopeUnderTest, 'run' | 'bootstrap' | 'close'> {
  return { ...typeormQueries(dataSource.manager), ...typeormUnits(dataSource) }
}

/** TypeORM on the tenant pool with a cache of results that all tenants share. */
export const openSharedCacheTypeorm: OpenScope = async ({ url, maxConnections }) => {
  const tenancy = createTenancy({ pool: { connectionString: url, max: maxConnections } })
  const dataSource = new DataSource({ ...scopedTypeorm(tenancy, { entities }), cache })
  try {
    await tenancy.bootstrap(() => dataSource.initialize())
  } catch (error) {
    await tenancy.close()
    throw error
  }
  return {
    ...callsOf(dataSource),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    close: async () => {
      await dataSource.destroy()
      await tenancy.close()
    },
  }
}

/** Plain TypeORM whose query runners set the tenant before each query and take it back after it. */
export const openResettingTypeorm: OpenScope = async ({ url, maxConnections }) => {
  const { tenant, ...scopes } = plainStorage()
  const options = { type: 'postgres', url, installExtensions: false, entities, cache } satisfies DataSourceOptions
  const dataSource = new DataSource({ ...options, extra: { max: maxConnections } })
  await dataSource.initialize()
  const create = dataSource.createQueryRunner.bind(dataSource)
  dataSource.createQueryRunner = (mode) => resetting(create(mode), tenant)
  return { ...callsOf(dataSource), ...scopes, close: () => dataSource.destroy() }
}

function resetting(runner: QueryRunner, tenant: () => string): QueryRunner {
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>
  const scoped = async (text: string, ...rest: unknown[]): Promise<unknown> => {
    if (/^(?:start|commit|rollback)/i.test(text)) return await query(text, ...rest)
    await query(setForSession, [tenant()])
    const result = await query(text, ...rest)
    await query(setForSession, [''])
    return result
  }
  return Object.assign(runner, { query: scoped })
}
