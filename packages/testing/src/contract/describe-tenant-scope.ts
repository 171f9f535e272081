import { equal } from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { testServer } from '../vitest.ts'
import { createContractDatabase, type ContractDatabase } from './contract-database.ts'
import { keepPromise } from './keep-promise.ts'
import type { Lacks, OpenScope } from './scope-under-test.ts'
import { tenantScopePromises } from './tenant-scope-promises.ts'

/** What is described, and how it connects. */
export interface DescribeTenantScopeOptions {
  /** Opens a scope of the library on a database of the suite. */
  readonly open: OpenScope
  /** The calls of the port that the library cannot make, each with the reason. @defaultValue none: it can make all */
  readonly lacks?: Lacks
  /** Whether the context of the database is sealed: the scope is given the key to sign with. @defaultValue false */
  readonly sealed?: boolean | undefined
  /** Called once per suite, for a pooler in between: returns the way from a database's URL to the pooler's. */
  readonly pooler?: (() => Promise<{ readonly through: (url: string) => string } & AsyncDisposable>) | undefined
}

/**
 * Describes to vitest every promise of a tenant scope, kept on a real PostgreSQL that Partywall converted. A promise that
 * does not apply to the library is listed with the reason, and fails when the library has the call after all. Needs the
 * global setup `@partywall/testing/vitest-global-setup`.
 *
 * @example
 * ```ts
 * const lacks = { lazyList: 'Queries start when they are made.', cachedList: 'It has no cache.' }
 * describeTenantScope('my library', { open: openScope, lacks })
 * ```
 */
export function describeTenantScope(name: string, options: DescribeTenantScopeOptions): void {
  describe(name, () => {
    let database: ContractDatabase
    let pooler: ({ readonly through: (url: string) => string } & AsyncDisposable) | undefined

    beforeAll(async () => {
      database = await createContractDatabase(await testServer(), { sealed: options.sealed })
      pooler = await options.pooler?.()
    })

    afterAll(async () => {
      await pooler?.[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    })

    for (const promise of tenantScopePromises) {
      const { id, title, needs } = promise
      const lack = needs && options.lacks?.[needs]
      if (needs !== undefined && lack !== undefined) {
        it(`${id}: does not apply: ${lack}`, async () => {
          const scope = await options.open({ url: database.appUrl, maxConnections: 1, pooled: false })
          await scope.close()
          equal(scope[needs], undefined, `The scope has ${needs}, and the promise could be kept: ${title}`)
        })
      } else {
        it(`${id}: ${title}`, async () => {
          await keepPromise(promise, { database, open: options.open, through: pooler?.through })
        })
      }
    }
  })
}
