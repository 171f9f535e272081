import { isHostBehindAwait, reachHost } from '../call-site.ts'
import { TenancyError } from '../tenancy-error.ts'
import { scopeKey } from '../scope.ts'
import type { Scope, ScopeStore } from '../scope.ts'

const maxLoaders = 1000

/** What Prisma's own data loader is made of, as far as it is used here. Private to Prisma: see {@link findDataLoader}. */
export interface DataLoader {
  request(request: unknown): Promise<unknown>
  dispatchBatches(): void
}

interface DataLoaderOptions {
  batchBy(request: unknown): string | undefined
  batchOrder(left: unknown, right: unknown): number
  batchLoader(requests: unknown[]): Promise<unknown[]>
  singleLoader(request: unknown): Promise<unknown>
}

interface RequestHandler {
  dataloader: DataLoader
  request(request: object): Promise<unknown>
}

type DataLoaderClass = new (options: DataLoaderOptions) => DataLoader

/** Prisma's data loader where it was found, and how to make more of them. */
export interface FoundDataLoader {
  readonly handler: RequestHandler
  /** A data loader like the one that was found, which asks `assertRunnable` before it sends anything. */
  create(assertRunnable?: () => void): DataLoader
}

/**
 * Finds the data loader of a client and proves that it works as known: that requests go through it, that it merges what
 * it is given in one tick, and that two of them do not merge with each other. Nothing reaches a database.
 *
 * @returns what was found, or the reason why this version of Prisma is not as known.
 */
export function findDataLoader(client: object): FoundDataLoader | string {
  const handler: RequestHandler | undefined = Reflect.get(client, '_requestHandler')
  const loader: (DataLoader & { options?: DataLoaderOptions }) | undefined = handler?.dataloader
  if (handler === undefined || typeof handler.request !== 'function') return 'it has no request handler'
  if (loader === undefined || typeof loader.request !== 'function') return 'its request handler has no data loader'
  const { options } = loader
  if (typeof options !== 'object' || typeof loader.dispatchBatches !== 'function')
    return 'its data loader has no batches'
  const methods = ['batchBy', 'batchOrder', 'batchLoader', 'singleLoader'] as const
  if (!methods.every((name) => typeof options[name] === 'function')) return 'its data loader has other options'
  const Loader = loader.constructor as DataLoaderClass
  if (!keepsApart(Loader)) return 'its data loader batches in another way'
  if (!asksLoader(handler)) return 'its requests do not go through the data loader'
  return {
    handler,
    create: (assertRunnable) => new Loader(assertRunnable ? guarded(options, assertRunnable) : options),
  }
}

function guarded(options: DataLoaderOptions, assertRunnable: () => void): DataLoaderOptions {
  return {
    batchBy: (request) => options.batchBy(request),
    batchOrder: (left, right) => options.batchOrder(left, right),
    batchLoader: async (requests) => {
      assertRunnable()
      return await options.batchLoader(requests)
    },
    singleLoader: async (request) => {
      assertRunnable()
      return await options.singleLoader(request)
    },
  }
}

/** Two loaders, three requests in one tick: the first two belong together, the third does not. */
function keepsApart(Loader: DataLoaderClass): boolean {
  const dispatched: string[] = []
  const load = (requests: unknown[]): Promise<unknown[]> => {
    dispatched.push(requests.join('+'))
    return Promise.resolve(requests)
  }
  const options: DataLoaderOptions = {
    batchBy: () => 'same',
    batchOrder: () => 0,
    batchLoader: load,
    singleLoader: (request) => load([request]),
  }
  const [left, right] = [new Loader(options), new Loader(options)]
  for (const request of ['a', 'b']) left.request(request).catch(() => {})
  right.request('c').catch(() => {})
  left.dispatchBatches()
  right.dispatchBatches()
  return dispatched.join(' ') === 'a+b c'
}

function asksLoader(handler: RequestHandler): boolean {
  const { dataloader } = handler
  let asked = false
  const never = new Promise<unknown>(() => {})
  handler.dataloader = {
    request: () => {
      asked = true
      return never
    },
    dispatchBatches: () => {},
  }
  try {
    handler.request({}).catch(() => {})
  } finally {
    handler.dataloader = dataloader
  }
  return asked
}

/** A batch transaction: the scope of its first query, and why it must not run. */
interface BatchTransaction {
  readonly scope: Scope
  readonly loader: DataLoader
  refusal: TenancyError | undefined
}

/**
 * One data loader for each tenant. Prisma collects `findUnique` calls and batch transactions of a tick and sends them from
 * the context of the first caller: with one loader, tenants would get each other's rows.
 */
export class TenantDataLoader implements DataLoader {
  readonly #create: FoundDataLoader['create']
  readonly #scopes: ScopeStore
  readonly #byTenant = new Map<string, DataLoader>()
  readonly #byScope = new WeakMap<Scope, DataLoader>()
  readonly #byBatch = new WeakMap<object, BatchTransaction>()

  constructor(create: FoundDataLoader['create'], scopes: ScopeStore) {
    this.#create = create
    this.#scopes = scopes
  }

  // Asynchronous, so that a missing tenant is a rejection like every other failure of a query.
  async request(request: unknown): Promise<unknown> {
    if (this.#scopes.current() === undefined) return await this.#requestUnscoped(request)
    return await this.#requestIn(this.#scopes.require(), request)
  }

  /** The call is reported, or refused, with its place in the host. */
  async #requestUnscoped(request: unknown): Promise<unknown> {
    if (isHostBehindAwait()) await reachHost()
    const scope = this.#scopes.require()
    // In the scope that was found: batches are sent from where no host is on the stack.
    return await this.#scopes.run(scope, () => this.#requestIn(scope, request))
  }

  #requestIn(scope: Scope, request: unknown): Promise<unknown> {
    const batch = batchOf(request)
    const loader = batch === undefined ? this.#loaderOf(scope) : this.#loaderOfBatch(batch, scope)
    return loader.request(request)
  }

  /** Each loader dispatches its own batches. */
  dispatchBatches(): void {
    throw new TenancyError('DRIVER_UNSUPPORTED', 'Prisma dispatches batches in a way that the scope does not know.')
  }

  #loaderOf(scope: Scope): DataLoader {
    if (scope.kind === 'operator' || isOfItsOwn(scope)) return this.#loaderOfScope(scope)
    const key = scopeKey(scope)
    const loader = this.#byTenant.get(key) ?? this.#create()
    // The least recently used leaves first. A batch that it still holds is dispatched all the same.
    this.#byTenant.delete(key)
    this.#byTenant.set(key, loader)
    if (this.#byTenant.size > maxLoaders) {
      const [oldest] = this.#byTenant.keys()
      this.#byTenant.delete(oldest as string)
    }
    return loader
  }

  /**
   * By scope and not by what it is for: what one operator asks must not run under the reason of another, and what one
   * request asks must not end with the signal or the time-out of another.
   */
  #loaderOfScope(scope: Scope): DataLoader {
    const loader = this.#byScope.get(scope) ?? this.#create()
    this.#byScope.set(scope, loader)
    return loader
  }

  /**
   * The queries of a batch transaction stay together, or they would take effect apart. An extension may have moved one of
   * them into the scope of another tenant: then none of them runs.
   */
  #loaderOfBatch(key: object, scope: Scope): DataLoader {
    const begun = this.#byBatch.get(key)
    if (begun === undefined) {
      const batch: BatchTransaction = {
        scope,
        refusal: undefined,
        loader: this.#create(() => {
          if (batch.refusal !== undefined) throw batch.refusal
        }),
      }
      this.#byBatch.set(key, batch)
      return batch.loader
    }
    if (scopeKey(begun.scope) !== scopeKey(scope)) begun.refusal ??= batchOfSeveral(begun.scope, scope)
    return begun.loader
  }
}

/** What the queries of a batch transaction of Prisma have in common, and no others. */
function batchOf(request: unknown): object | undefined {
  const { transaction } = request as { transaction?: { kind?: unknown; lock?: unknown } }
  if (transaction?.kind !== 'batch') return undefined
  return typeof transaction.lock === 'object' && transaction.lock !== null ? transaction.lock : undefined
}

/** A statement that was let in without a scope has to be admitted each time, whoever else asks in the same tick. */
function isOfItsOwn(scope: Scope): boolean {
  if (scope.kind !== 'tenant') return false
  return scope.signal !== undefined || scope.timeoutMs !== undefined || scope.observed === true
}

function batchOfSeveral(first: Scope, other: Scope): TenancyError {
  return new TenancyError(
    'TENANT_MISMATCH',
    `A batch transaction has queries for ${scopeKey(first)} and for ${scopeKey(other)}; nothing was sent. Let all queries ` +
      'of $transaction([...]) run in one scope.',
    { details: { scopes: [scopeKey(first), scopeKey(other)] } },
  )
}
