import { createTenancy, type Tenancy } from '@partywall/tenancy-core'
import { scopedKnex } from '@partywall/tenancy-core/knex'
import type { Knex } from 'knex'

/** A service that uses Knex. */
export interface KnexHost {
  readonly tenancy: Tenancy
  readonly knex: Knex
}

/** Opens it on the login of the application. */
export function openKnexHost(connectionString: string): KnexHost {
  const tenancy = createTenancy({ pool: { connectionString, max: 4 } })
  const knex = scopedKnex(tenancy)
  return { tenancy, knex }
}
