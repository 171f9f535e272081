import type { OpenScope } from '@partywall/testing/contract'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { createTenancy } from '../../src/index.ts'
import { tenantFilterPlugin } from '../../src/kysely/index.ts'
import { kyselyQueries } from '../contract/kysely-scope.ts'
import type { KyselySchema } from '../contract/kysely-scope.ts'

/** Kysely on a plain pool, with the filter and nothing else. */
export const openFilterOnlyKysely: OpenScope = async ({ url, maxConnections }) => {
  const tenancy = createTenancy({ pool: { connectionString: url } })
  const pool = new Pool({ connectionString: url, max: maxConnections, connectionTimeoutMillis: 1_000 })
  pool.on('error', () => {})
  const plugins = [tenantFilterPlugin({ tenancy, tables: ['repositories', 'tests'] })]
  const kysely = new Kysely<KyselySchema>({ dialect: new PostgresDialect({ pool }), plugins })
  return {
    ...kyselyQueries(kysely),
    run: (organizationId, work) => tenancy.run({ organizationId }, work),
    bootstrap: (work) => tenancy.bootstrap(work),
    transaction: async (work) => await kysely.transaction().execute(async (trx) => await work(kyselyQueries(trx))),
    close: async () => {
      await kysely.destroy()
      await tenancy.close()
    },
  }
}
