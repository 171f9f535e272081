import { afterAll, beforeAll, describe, it } from 'vitest'
import { testServer } from '../vitest.ts'
import { createContractDatabase, type ContractDatabase } from './contract-database.ts'
import { keepPromise } from './keep-promise.ts'
import type { Capability, OpenScope } from './scope-under-test.ts'
import { tenantScopePromises } from './tenant-scope-promises.ts'

/** What is described, and how it connects. */
export interface DescribeTenantScopeOptions {
  /** Opens a scope of the library on a database of the suite. */
  readonly open: OpenScope
  /** What the library has beside the port's basics. @defaultValue none */
  readonly capabilities?: readonly Capability[]
  /** Called once per suite, for a pooler in between: returns the way from a database's URL to the pooler's. */
  readonly pooler?: (() => Promise<{ readonly through: (url: string) => string } & AsyncDisposable>) | undefined
}

/**
 * Describes to vitest every promise of a tenant scope, kept on a real PostgreSQL that Partywall converted. Needs the
 * global setup `@partywall/testing/vitest-global-setup`.
 *
 * @example
 * ```ts
 * describeTenantScope('my library', { open: async ({ url, maxConnections }) => openScope(url, maxConnections) })
 * ```
 */
export function describeTenantScope(name: string, options: DescribeTenantScopeOptions): void {
  describe(name, () => {
    let database: ContractDatabase
    let pooler: ({ readonly through: (url: string) => string } & AsyncDisposable) | undefined

    beforeAll(async () => {
      database = await createContractDatabase(await testServer())
      pooler = await options.pooler?.()
    })

    afterAll(async () => {
      await pooler?.[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    })

    for (const promise of tenantScopePromises) {
      if (promise.needs !== undefined && !(options.capabilities ?? []).includes(promise.needs)) continue
      it(`${promise.id}: ${promise.title}`, async () => {
        await keepPromise(promise, { database, open: options.open, through: pooler?.through })
      })
    }
  })
}
