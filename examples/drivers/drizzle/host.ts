import { createTenancy, type Tenancy } from '@partywall/tenancy-core'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Pool } from 'pg'
import * as schema from './schema.ts'

/** A service that uses Drizzle. */
export interface DrizzleHost {
  readonly tenancy: Tenancy
  readonly db: NodePgDatabase<typeof schema> & { readonly $client: Pool }
}

/** Opens it on the login of the application. */
export function openDrizzleHost(connectionString: string): DrizzleHost {
  const tenancy = createTenancy({ pool: { connectionString, max: 4 } })
  const db = drizzle({ client: tenancy.pool, schema })
  return { tenancy, db }
}
