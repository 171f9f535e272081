import knex from 'knex'
import type { Knex } from 'knex'
import { TenancyError } from '../tenancy-error.ts'
import type { Tenancy } from '../tenancy.ts'
import { internalsOf, poolFor } from '../tenancy-internals.ts'
import { isPostgresClient, scopedClientClass } from './scoped-client.ts'

const poolOptions = [
  'client',
  'dialect',
  'connection',
  'connectionPool',
  'pool',
  'acquireConnectionTimeout',
  'searchPath',
] as const

/** Options of Knex, without those that `createTenancy({ pool })` has taken over. */
export type ScopedKnexConfig = Omit<Knex.Config, (typeof poolOptions)[number]>

/**
 * Creates a Knex instance whose every statement is bound to the tenant in scope: the scope where a query is awaited, a
 * stream is opened or a transaction is begun. Knex's own pool would choose the connection in the scope of whoever frees
 * one; here each check-out is asked of `tenancy.pool` by the caller itself. `destroy()` leaves that pool open.
 *
 * A stream outside a transaction gets one of its own, since a cursor takes several round trips. With `replica: true` the
 * connections are those of `tenancy.replica`, where nothing can be written.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` for an option that belongs to the pool, such as `connection`.
 * @throws {TenancyError} `REPLICA_UNAVAILABLE` with `replica` and no replica in the options of the tenancy.
 * @throws {TenancyError} `DRIVER_UNSUPPORTED` when this version of Knex does not ask its client for connections.
 *
 * @example
 * ```ts
 * const knex = scopedKnex(tenancy)
 * const rows = await tenancy.run({ organizationId }, () => knex('repositories').where({ name: 'alpha' }))
 * rows.length // 1
 * ```
 */
export function scopedKnex(
  tenancy: Tenancy,
  config: ScopedKnexConfig = {},
  options: { readonly replica?: boolean | undefined } = {},
): Knex {
  const { scopes } = internalsOf(tenancy)
  const pool = poolFor(tenancy, options)
  const taken = poolOptions.filter((option) => option in config)
  if (taken.length > 0) {
    throw new TenancyError(
      'CONFIGURATION_INVALID',
      `scopedKnex: ${taken.join(', ')} cannot be set here, because the connections come from tenancy.pool. Pass the ` +
        'options of the connection to createTenancy({ pool }); a search path as pool.options: "-c search_path=…".',
      { details: { options: taken } },
    )
  }
  // Without a connection Knex opens no pool: this only finds the class of the host's own Knex.
  const { client } = knex({ client: 'pg' }) as { client: unknown }
  if (!isPostgresClient(client)) {
    throw new TenancyError(
      'DRIVER_UNSUPPORTED',
      'This version of Knex does not ask its client for connections as versions 3 do. Install knex 3.',
    )
  }
  const ScopedClient = scopedClientClass(client, { pool, scopes })
  return knex({ ...config, client: ScopedClient as unknown as typeof Knex.Client })
}
