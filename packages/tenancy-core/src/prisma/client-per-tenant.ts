import { scopeKey } from '../scope.ts'
import type { Scope, ScopeStore } from '../scope.ts'

const maxClients = 100

type Callable = (...args: unknown[]) => unknown

/** What is needed to keep one client for each tenant. */
export interface ClientPerTenantOptions<Client extends object> {
  readonly scopes: ScopeStore
  /** A client whose statements all run in this scope. */
  readonly create: (scope: Scope) => Client
  /** The client that answers what needs no tenant: `$disconnect`, `$on`. */
  readonly main: Client
}

/**
 * Stands for a Prisma client whose batches cannot be told apart, and passes every call to the client of the tenant in
 * scope. Costs memory and a first connection for each tenant; the least recently used leaves when there are too many.
 */
export function clientPerTenant<Client extends object>(options: ClientPerTenantOptions<Client>): Client {
  const clients = new Map<string, Client>()
  const clientInScope = (): Client => {
    const scope = options.scopes.require()
    // An operator scope ends: a client that is kept for it would refuse the next one.
    if (scope.kind === 'operator') return options.create(scope)
    const key = scopeKey(scope)
    const client = clients.get(key) ?? options.create(lasting(scope))
    clients.delete(key)
    clients.set(key, client)
    if (clients.size > maxClients) {
      const [oldest] = clients.keys()
      clients.delete(oldest as string)
    }
    return client
  }
  return new Proxy(options.main, {
    get: (main, property): unknown => {
      const own: unknown = Reflect.get(main, property, main)
      if (typeof property === 'symbol' || property === 'then') return own
      if (['$disconnect', '$connect', '$on', 'constructor'].includes(property)) {
        return typeof own === 'function' && property !== 'constructor' ? own.bind(main) : own
      }
      if (typeof own === 'function') return forward(() => clientInScope(), property)
      return typeof own === 'object' && own !== null
        ? modelPerTenant(own, () => Reflect.get(clientInScope(), property) as object)
        : own
    },
  })
}

/** The client serves later requests too: the signal and the time-out of the first are not theirs. */
function lasting(scope: Scope): Scope {
  return scope.kind === 'tenant' ? { kind: 'tenant', organizationId: scope.organizationId } : scope
}

/** A model may be kept in a variable at start-up: its calls look for the tenant when they are made. */
function modelPerTenant(main: object, inScope: () => object): object {
  return new Proxy(main, {
    get: (target, property): unknown => {
      const own: unknown = Reflect.get(target, property, target)
      return typeof own === 'function' && typeof property === 'string' ? forward(inScope, property) : own
    },
  })
}

function forward(owner: () => object, property: string): Callable {
  return (...args) => {
    const target = owner()
    return (Reflect.get(target, property) as Callable).apply(target, args)
  }
}
