import pg from 'pg'
import type { DataSource, DataSourceOptions } from 'typeorm'
import { TenancyError } from '../tenancy-error.ts'
import type { Tenancy } from '../tenancy.ts'
import { internalsOf, poolFor } from '../tenancy-internals.ts'
import { scopedQueryCache } from './scoped-query-cache.ts'
import type { QueryCache } from './scoped-query-cache.ts'
import { sharedPool } from './shared-pool.ts'

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>

const poolOptions = [
  'driver',
  'nativeDriver',
  'url',
  'host',
  'port',
  'username',
  'password',
  'database',
  'ssl',
  'replication',
  'connectTimeoutMS',
  'applicationName',
  'poolSize',
  'extra',
] as const

/**
 * Options of a `DataSource`, without those that `createTenancy({ pool })` has taken over. A cache must be given as a
 * provider: `cache: { provider: (dataSource) => … }`.
 */
export type ScopedTypeormOptions = Omit<PostgresOptions, 'type' | (typeof poolOptions)[number]>

/**
 * Options of a TypeORM `DataSource` whose every statement is bound to the tenant in scope where a repository, a query
 * builder or a query runner is called. The start-up queries come before any tenant: initialize it in
 * `tenancy.bootstrap()`. `dataSource.destroy()` leaves `tenancy.pool` open.
 *
 * Results in a cache are kept apart by tenant: TypeORM looks them up by SQL and values, which are the same for all. With
 * `replica: true` the data source reads from `tenancy.replica`, where nothing can be written.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` for an option that belongs to the pool, such as `url`, and for a cache
 * that is not given as a provider.
 * @throws {TenancyError} `REPLICA_UNAVAILABLE` with `replica` and no replica in the options of the tenancy.
 *
 * @example
 * ```ts
 * const dataSource = new DataSource(scopedTypeorm(tenancy, { entities: [Repository] }))
 * await tenancy.bootstrap(() => dataSource.initialize())
 * const rows = await tenancy.run({ organizationId }, () => dataSource.getRepository(Repository).find())
 * rows.length // 3
 * ```
 */
export function scopedTypeorm(
  tenancy: Tenancy,
  options: ScopedTypeormOptions = {},
  place: { readonly replica?: boolean | undefined } = {},
): PostgresOptions {
  const { scopes } = internalsOf(tenancy)
  const pool = poolFor(tenancy, place)
  const taken = poolOptions.filter((option) => option in options)
  if (taken.length > 0) {
    throw new TenancyError(
      'CONFIGURATION_INVALID',
      `scopedTypeorm: ${taken.join(', ')} cannot be set here, because the connections come from tenancy.pool. Pass the ` +
        'options of the connection to createTenancy({ pool }).',
      { details: { options: taken } },
    )
  }
  // TypeORM constructs the class that the driver calls Pool; a constructor may answer with another object.
  const driver = {
    ...pg,
    Pool: function Pool(): object {
      return sharedPool(pool)
    },
  }
  const { cache } = options
  // The app login may not create extensions, and an attempt is logged as a warning at every start.
  const defaults = { type: 'postgres', installExtensions: false } as const
  if (!cache) return { ...defaults, ...options, driver }
  const provider = typeof cache === 'object' ? cache.provider : undefined
  if (provider === undefined) {
    throw new TenancyError(
      'CONFIGURATION_INVALID',
      'scopedTypeorm: this cache would answer one tenant with the rows of another. Pass it as a provider, which is then ' +
        'kept apart by tenant: cache: { provider: (dataSource) => new RedisQueryResultCache(dataSource, "ioredis") }.',
    )
  }
  const open = (dataSource: DataSource): QueryCache => scopedQueryCache(scopes, provider(dataSource))
  return { ...defaults, ...options, driver, cache: { ...(cache as object), provider: open as typeof provider } }
}
