import { scopeKey } from '../scope.ts'
import type { ScopeStore } from '../scope.ts'

/** What TypeORM looks a result up by. */
interface QueryCacheEntry {
  readonly identifier?: string
  readonly query?: string
}

/** A cache of TypeORM, as far as it is called here. */
export interface QueryCache {
  getFromCache(entry: QueryCacheEntry, runner?: unknown): Promise<unknown>
  storeInCache(entry: QueryCacheEntry, saved: unknown, runner?: unknown): Promise<unknown>
  remove(identifiers: string[], runner?: unknown): Promise<unknown>
}

/** The same cache with the tenant in every key: SQL, values and identifiers are the same for all tenants. */
export function scopedQueryCache(scopes: ScopeStore, given: object): QueryCache {
  const cache = given as QueryCache
  const scoped = (key: string): string => `${scopeKey(scopes.require())}:${key}`
  const scopedEntry = (entry: QueryCacheEntry): QueryCacheEntry => ({
    ...entry,
    ...(entry.identifier && { identifier: scoped(entry.identifier) }),
    ...(entry.query && { query: scoped(entry.query) }),
  })
  const methods: QueryCache = {
    getFromCache: async (entry, runner) => await cache.getFromCache(scopedEntry(entry), runner),
    storeInCache: async (entry, saved, runner) => await cache.storeInCache(scopedEntry(entry), saved, runner),
    remove: async (identifiers, runner) => await cache.remove(identifiers.map(scoped), runner),
  }
  return new Proxy(cache, {
    get(target, property) {
      if (Object.hasOwn(methods, property)) return Reflect.get(methods, property)
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' && property !== 'constructor' ? value.bind(target) : value
    },
  })
}
