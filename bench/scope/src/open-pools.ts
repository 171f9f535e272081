import { createTenancy } from '@partywall/tenancy-core'
import type { Tenancy } from '@partywall/tenancy-core'
import pg from 'pg'
import { sealedSchema } from './create-sealed-login.ts'
import type { BenchDatabase } from './bench-database.ts'

/** The pools that the variants share: one for each login, each of the same size. */
export interface Pools {
  readonly raw: pg.Pool
  /** Plain, on the login of the app: for the ways that send the tenant themselves. */
  readonly app: pg.Pool
  readonly better: pg.Pool
  readonly kit: pg.Pool
  readonly tenancy: Tenancy
  /** With shared connections for single statements. */
  readonly pipelined: Tenancy
  /** With a sealed context. */
  readonly sealed: Tenancy
  close(): Promise<void>
}

/** Opens no connection yet. `addressOf` may lead each pool through a proxy. */
export function openPools(
  database: BenchDatabase,
  options: { readonly connections: number; readonly addressOf: (url: string) => string },
): Pools {
  const configOf = (url: string): pg.PoolConfig => ({
    connectionString: options.addressOf(url),
    max: options.connections,
    // A variant that waits for its turn keeps its connections and the statements prepared on them.
    idleTimeoutMillis: 0,
  })
  const [raw, app, better, kit] = [database.rawUrl, database.appUrl, database.betterUrl, database.kitUrl].map(
    (url) => new pg.Pool(configOf(url)),
  ) as [pg.Pool, pg.Pool, pg.Pool, pg.Pool]
  const tenancy = createTenancy({ pool: configOf(database.appUrl) })
  const pipelined = createTenancy({ pool: configOf(database.appUrl), pipeline: { connections: 4 } })
  const { url, key } = database.sealed
  const sealed = createTenancy({ pool: configOf(url), schema: sealedSchema, seal: { key } })
  return {
    raw,
    app,
    better,
    kit,
    tenancy,
    pipelined,
    sealed,
    close: async () => {
      const tenancies = [tenancy, pipelined, sealed].map((one) => one.close())
      await Promise.all([raw.end(), app.end(), better.end(), kit.end(), ...tenancies])
    },
  }
}
