import { scopeKey } from '../scope.ts'
import type { Scope, ScopeStore } from '../scope.ts'

const maxClients = 100

type Callable = (...args: unknown[]) => unknown

/** What is needed to keep one client for each tenant. */
export interface ClientPerTenantOptions<Client extends object> {
  readonly scopes: ScopeStore
  /** A client whose statements all run in this scope. */
  readonly create: (scope: Scope) => Client
  /** The client that stands for all of them where no tenant is needed: models that are kept in variables, `$connect`. */
  readonly main: Client
}

/**
 * Stands for a Prisma client whose batches cannot be told apart, and passes every call to the client of the tenant in
 * scope. Costs memory and a first connection for each tenant; the least recently used leaves when there are too many. A
 * query belongs to the tenant that it was created for: awaited in the scope of another, it is refused.
 */
export function clientPerTenant<Client extends object>(options: ClientPerTenantOptions<Client>): Client {
  return new Proxy(options.main, new TenantClients(options))
}

class TenantClients<Client extends object> implements ProxyHandler<Client> {
  readonly #options: ClientPerTenantOptions<Client>
  readonly #byTenant = new Map<string, Client>()
  /** An operator scope ends: a client that is kept for it must not serve the next one. */
  readonly #byScope = new WeakMap<Scope, Client>()
  /** Calls of `$on`, for clients that come later. */
  readonly #listeners: (readonly unknown[])[] = []

  constructor(options: ClientPerTenantOptions<Client>) {
    this.#options = options
  }

  get(main: Client, property: string | symbol): unknown {
    const own: unknown = Reflect.get(main, property, main)
    if (typeof property === 'symbol' || property === 'then' || property === 'constructor') return own
    if (typeof own === 'function') {
      if (property === '$connect') return own.bind(main)
      if (property === '$extends') return (extension: unknown) => this.#extend(extension)
      if (property === '$on') return (...args: unknown[]) => this.#listen(args)
      if (property === '$disconnect') return () => this.#disconnect()
      return forward(() => this.#inScope(), property)
    }
    return typeof own === 'object' && own !== null
      ? modelPerTenant(own, () => Reflect.get(this.#inScope(), property) as object)
      : own
  }

  #inScope(): Client {
    const scope = this.#options.scopes.require()
    return scope.kind === 'operator' ? this.#ofScope(scope) : this.#ofTenant(scope)
  }

  #ofScope(scope: Scope): Client {
    const client = this.#byScope.get(scope) ?? this.#create(scope)
    this.#byScope.set(scope, client)
    return client
  }

  #ofTenant(scope: Scope): Client {
    const key = scopeKey(scope)
    const client = this.#byTenant.get(key) ?? this.#create(lasting(scope))
    this.#byTenant.delete(key)
    this.#byTenant.set(key, client)
    if (this.#byTenant.size > maxClients) {
      const [oldest] = this.#byTenant.keys()
      this.#byTenant.delete(oldest as string)
    }
    return client
  }

  #create(scope: Scope): Client {
    const client = this.#options.create(scope)
    for (const args of this.#listeners) callOn(client, '$on', args)
    return client
  }

  /** The extended clients stand on those of this one. */
  #extend(extension: unknown): Client {
    const extended = (client: Client): Client => callOn(client, '$extends', [extension]) as Client
    return clientPerTenant({
      scopes: this.#options.scopes,
      main: extended(this.#options.main),
      create: (scope) => extended(scope.kind === 'operator' ? this.#ofScope(scope) : this.#ofTenant(scope)),
    })
  }

  #listen(args: readonly unknown[]): Client {
    this.#listeners.push(args)
    for (const client of [this.#options.main, ...this.#byTenant.values()]) callOn(client, '$on', args)
    return new Proxy(this.#options.main, this)
  }

  async #disconnect(): Promise<void> {
    const clients = [this.#options.main, ...this.#byTenant.values()]
    this.#byTenant.clear()
    await Promise.all(clients.map((client) => callOn(client, '$disconnect', [])))
  }
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
  return (...args) => callOn(owner(), property, args)
}

function callOn(target: object, method: string, args: readonly unknown[]): unknown {
  return (Reflect.get(target, method) as Callable).apply(target, [...args])
}
