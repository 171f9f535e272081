import type { ScopedPool } from '../pg/tenant-pool.ts'

type Listener = (...args: unknown[]) => void

/** The pool for a user that ends what it was given: the connections belong to the tenancy, which others use as well. */
export function sharedPool(pool: ScopedPool): ScopedPool {
  const listeners: [event: string, listener: Listener][] = []
  const own: Record<string, unknown> = {
    on: (event: string, listener: Listener) => {
      listeners.push([event, listener])
      return pool.on(event, listener)
    },
    end: async (done?: () => void) => {
      for (const [event, listener] of listeners.splice(0)) pool.removeListener(event, listener)
      await Promise.resolve()
      done?.()
    },
  }
  return new Proxy(pool, {
    get(target, property) {
      if (typeof property === 'string' && Object.hasOwn(own, property)) return own[property]
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' && property !== 'constructor' ? value.bind(target) : value
    },
  })
}
