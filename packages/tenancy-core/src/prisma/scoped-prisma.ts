import { PrismaPg } from '@prisma/adapter-pg'
import { TenancyError } from '../tenancy-error.ts'
import { emitEvent } from '../tenancy-event.ts'
import type { Tenancy } from '../tenancy.ts'
import { internalsOf, poolFor } from '../tenancy-internals.ts'
import type { ScopedPool } from '../pg/tenant-pool.ts'
import { clientPerTenant } from './client-per-tenant.ts'
import { PrismaPoolView } from './prisma-pool-view.ts'
import { TenantDataLoader, findDataLoader } from './tenant-data-loader.ts'

type AdapterOptions = NonNullable<ConstructorParameters<typeof PrismaPg>[1]>
type AdapterPool = ConstructorParameters<typeof PrismaPg>[0]

/** Options of {@link scopedPrisma}. */
export interface ScopedPrismaOptions {
  /** Options of `PrismaPg`. */
  readonly adapter?: AdapterOptions | undefined
  /**
   * Puts the client on `tenancy.replica`, where nothing can be written: for `@prisma/extension-read-replicas`, or by hand.
   *
   * @defaultValue false
   */
  readonly replica?: boolean | undefined
}

/**
 * Creates a Prisma client whose every statement is bound to the tenant in scope. The scope counts where a query is
 * awaited. Prisma sends the `findUnique` calls and batch transactions of a tick together, whoever asked: here each tenant
 * has batches of its own. On a version of Prisma that does not let itself be taught that, every tenant gets a client of
 * its own instead, which refuses a query that was created in the scope of another tenant and knows neither the time-out
 * nor the signal of a scope; the tenancy emits `prisma.fallback`.
 *
 * @throws {TenancyError} `DRIVER_UNSUPPORTED` when the adapter uses another copy of `pg` than the tenancy.
 * @throws {TenancyError} `CONFIGURATION_INVALID` when `create` does not use the adapter that it is given.
 * @throws {TenancyError} `REPLICA_UNAVAILABLE` with `replica` and no replica in the options of the tenancy.
 *
 * @example
 * ```ts
 * const prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter }))
 * const rows = await tenancy.run({ organizationId }, () => prisma.repository.findMany())
 * rows.every((row) => row.orgId === organizationId) // true
 * ```
 */
export function scopedPrisma<Client extends object>(
  tenancy: Tenancy,
  create: (adapter: PrismaPg) => Client,
  options: ScopedPrismaOptions = {},
): Client {
  const { scopes, onEvent } = internalsOf(tenancy)
  const pool = poolFor(tenancy, options)
  const open = (view: ScopedPool): Client => {
    const adapter = openAdapter(view, options.adapter)
    const client = create(adapter)
    const config = Reflect.get(client, '_engineConfig') as { adapter?: unknown } | undefined
    if (config === undefined || config.adapter === adapter) return client
    throw new TenancyError(
      'CONFIGURATION_INVALID',
      'The Prisma client does not use the adapter that scopedPrisma() passed to it. Write ' +
        '(adapter) => new PrismaClient({ adapter }).',
    )
  }
  const client = open(PrismaPoolView.open(pool))
  const found = findDataLoader(client)
  if (typeof found !== 'string') {
    found.handler.dataloader = new TenantDataLoader((assertRunnable) => found.create(assertRunnable), scopes)
    return client
  }
  emitEvent(onEvent, { type: 'prisma.fallback', reason: found })
  return clientPerTenant({ scopes, main: client, create: (scope) => open(PrismaPoolView.open(pool, scope)) })
}

function openAdapter(view: ScopedPool, options: AdapterOptions | undefined): PrismaPg {
  const adapter = new PrismaPg(view as unknown as AdapterPool, options)
  // Given a pool of another copy of pg, the adapter takes it for options and opens a pool of its own, without a tenant.
  if (Reflect.get(adapter, 'externalPool') === view) return adapter
  throw new TenancyError(
    'DRIVER_UNSUPPORTED',
    '@prisma/adapter-pg does not take the pool of this tenancy: it uses another copy of pg, or a way of its own. Install ' +
      'one version of pg for both (`npm ls pg`).',
  )
}
