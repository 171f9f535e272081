import { setTimeout } from 'node:timers/promises'
import type { ContractDatabase } from './contract-database.ts'
import type { OpenScope, ScopeUnderTest } from './scope-under-test.ts'
import type { Stage, TenantScopePromise } from './tenant-scope-promise.ts'
import { openWireProxy, type WireProxy } from './wire-proxy.ts'

/** What promises are played against. */
export interface PromiseTarget {
  readonly database: ContractDatabase
  readonly open: OpenScope
  /** Turns the URL of a database into the one to connect to, where a pooler stands in between. */
  readonly through?: ((url: string) => string) | undefined
  /** Milliseconds after which a promise that is not through counts as broken. @defaultValue 15 s */
  readonly timeoutMs?: number | undefined
}

const defaultTimeoutMs = 15_000
const closeTimeoutMs = 2_000

/**
 * Plays one promise on organizations of its own and closes what it opened.
 *
 * @throws when the promise is broken, or is not through in time.
 *
 * @example
 * ```ts
 * const [promise] = tenantScopePromises
 * await keepPromise(promise, { database, open: openScope })
 * ```
 */
export async function keepPromise(promise: TenantScopePromise, target: PromiseTarget): Promise<void> {
  const { database } = target
  const scopes: ScopeUnderTest[] = []
  const proxies: WireProxy[] = []
  const pooled = target.through !== undefined
  const through = target.through ?? ((url: string) => url)
  const openAt = async (url: string, maxConnections: number): Promise<ScopeUnderTest> => {
    const scope = await target.open({ url, maxConnections, pooled, sealKey: database.sealKey })
    scopes.push(scope)
    return scope
  }
  const [first, second] = [await database.createOrganization(), await database.createOrganization()]
  const stage: Stage = {
    database,
    first,
    second,
    pooled,
    open: ({ url = database.appUrl, maxConnections = 1 } = {}) => openAt(through(url), maxConnections),
    openTapped: async () => {
      const wire = await openWireProxy(through(database.appUrl))
      proxies.push(wire)
      return { scope: await openAt(wire.url, 1), wire }
    },
  }
  const clock = new AbortController()
  try {
    await Promise.race([promise.run(stage), expire(target.timeoutMs ?? defaultTimeoutMs, clock.signal)])
  } finally {
    clock.abort()
    // A scope that broke its promise may wait for a connection that never comes back.
    const closed = Promise.allSettled(scopes.map((scope) => scope.close()))
    await Promise.race([closed, setTimeout(closeTimeoutMs, undefined, { ref: false })])
    for (const proxy of proxies) await proxy[Symbol.asyncDispose]()
  }
}

async function expire(timeoutMs: number, signal: AbortSignal): Promise<never> {
  await setTimeout(timeoutMs, undefined, { signal, ref: false })
  throw new Error(`not through after ${timeoutMs} ms`)
}
