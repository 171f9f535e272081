import { scopeKey } from '../scope.ts'
import type { Tenancy } from '../tenancy.ts'
import { internalsOf } from '../tenancy-internals.ts'

/** A cache of Drizzle, as far as it is called here. Structural: which version of Drizzle it extends, the host decides. */
export interface DrizzleCache {
  get(key: string, tables: string[], isTag: boolean, isAutoInvalidate?: boolean): Promise<unknown>
  put(key: string, response: unknown, tables: string[], isTag: boolean, config?: object): Promise<unknown>
  onMutate(mutation: { tags?: string | string[] }): Promise<unknown>
}

/**
 * Keeps the tenants apart in a cache that is given to `drizzle()`. Drizzle looks results up by SQL, values and tag, which
 * are the same for every tenant: without this, one tenant is answered with the rows of another, and no statement is sent
 * that row level security could stop. A write still invalidates its tables for every tenant; a tag belongs to the tenant
 * in scope.
 *
 * @example
 * ```ts
 * const db = drizzle({ client: tenancy.pool, cache: scopedCache(tenancy, cache) })
 * const read = () => db.select().from(repositories).$withCache()
 * const rows = await tenancy.run({ organizationId }, read)
 * rows.length // 3
 * ```
 */
export function scopedCache<Cache extends DrizzleCache>(tenancy: Tenancy, cache: Cache): Cache {
  const { scopes } = internalsOf(tenancy)
  const scoped = (key: string): string => `${scopeKey(scopes.require())}:${key}`
  const methods: DrizzleCache = {
    get: async (key, ...rest) => await cache.get(scoped(key), ...rest),
    put: async (key, ...rest) => await cache.put(scoped(key), ...rest),
    onMutate: async (mutation) => {
      const { tags } = mutation
      if (tags === undefined) return await cache.onMutate(mutation)
      return await cache.onMutate({ ...mutation, tags: [tags].flat().map(scoped) })
    },
  }
  return new Proxy(cache, {
    get(target, property) {
      if (Object.hasOwn(methods, property)) return Reflect.get(methods, property)
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' && property !== 'constructor' ? value.bind(target) : value
    },
  })
}
