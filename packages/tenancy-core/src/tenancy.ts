import pg from 'pg'
import { TenancyError } from './tenancy-error.ts'
import { emitEvent } from './tenancy-event.ts'
import type { TenancyListener } from './tenancy-event.ts'
import { captureScope, readCapturedContext } from './captured-context.ts'
import type { CapturedContext } from './captured-context.ts'
import { LostContext } from './lost-context.ts'
import { assertOperatorScope } from './operator-scope.ts'
import type { OperatorScope } from './operator-scope.ts'
import type { Observer } from './observer.ts'
import { observerOf } from './observer-of.ts'
import { ScopeStore, tenantRequired, tenantScope } from './scope.ts'
import type { Actor, TenantScope } from './scope.ts'
import { TenantSeal } from './seal/tenant-seal.ts'
import { resolveTenancyOptions } from './tenancy-options.ts'
import type { ResolvedTenancyOptions, TenancyOptions } from './tenancy-options.ts'
import { contextStatements } from './pg/context-statements.ts'
import { assertDriverSupported, assertPipelineSupported } from './pg/driver-canary.ts'
import { queryClassOf } from './pg/pg-module.ts'
import type { BasePool, PgModule, QueryClass } from './pg/pg-module.ts'
import { StatementBook } from './pg/statement-book.ts'
import { tenantClientClass } from './pg/tenant-client.ts'
import type { ClientSettings } from './pg/tenant-client.ts'
import { tenantPoolClass } from './pg/tenant-pool.ts'
import type { ScopedPool } from './pg/tenant-pool.ts'
import { registerInternals } from './tenancy-internals.ts'
import type { TenantPool } from './tenant-pool.ts'

/** Binds every statement of a service to one organization. */
export interface Tenancy {
  /**
   * The pool for raw SQL and for every library that takes a `pg.Pool`. Outside a scope it refuses with
   * `TENANT_REQUIRED`; the tenant is the one in scope where `query()` or `connect()` is called.
   */
  readonly pool: TenantPool

  /**
   * The pool of the read replica: the same scopes, and no writes (SQLSTATE 25006), whatever a transaction says. What was
   * just written may not be there yet. The operator has no replica.
   *
   * @throws {TenancyError} `REPLICA_UNAVAILABLE` without a `replica` in the options.
   */
  readonly replica: TenantPool

  /**
   * Runs `fn`, and everything it awaits, in the scope of one organization. Nested scopes replace the outer one. A lazy
   * query that `fn` returns, as Prisma makes them, is started inside.
   *
   * @throws {TenancyError} `TENANT_INVALID` when the id is not a text that PostgreSQL can hold.
   *
   * @example
   * ```ts
   * const { rows } = await tenancy.run({ organizationId }, () => tenancy.pool.query('select * from repositories'))
   * rows.length // 3
   * ```
   */
  run<T>(scope: TenantScope, fn: () => T): T

  /**
   * Runs `fn` as the app login with no tenant at all: for start-up queries of an ORM and for lookups that come before a
   * tenant is known. Tables of tenants raise SQLSTATE 42501 there.
   *
   * @example
   * ```ts
   * const { rows } = await tenancy.bootstrap(() => tenancy.pool.query('select 1 as one')) // { rows: [{ one: 1 }] }
   * ```
   */
  bootstrap<T>(fn: () => T): T

  /**
   * Runs `fn` as the operator login, across organizations. `operator.opened` is delivered before and `operator.closed`
   * after; a listener that rejects the first keeps the scope shut. The scope ends with `fn`: later work is refused.
   *
   * @throws {TenancyError} `OPERATOR_UNAVAILABLE` without an operator login.
   * @throws {TenancyError} `CONFIGURATION_INVALID` without a reason or an actor.
   *
   * @example
   * ```ts
   * const scope = { reason: 'support case 4711', actor: { type: 'system', id: 'support' } } as const
   * const { rows } = await tenancy.operator(scope, (pool) => pool.query('select org_id, name from repositories'))
   * ```
   */
  operator<T>(scope: OperatorScope, fn: (pool: TenantPool) => T | Promise<T>): Promise<T>

  /**
   * The tenant in scope in a form that JSON carries, for the payload of a job. Without signal and time-out.
   *
   * @throws {TenancyError} `TENANT_REQUIRED` when there is none.
   *
   * @example
   * ```ts
   * await queue.send('import', { context: tenancy.captureContext(), file })
   * await queue.work('import', ({ context, file }) => tenancy.restoreContext(context, () => importFile(file)))
   * ```
   */
  captureContext(): CapturedContext

  /**
   * Runs `fn` in the scope that was captured. The shape is checked, not who wrote it: a queue is as trusted as whoever may
   * write into it.
   *
   * @throws {TenancyError} `CONTEXT_INVALID` for anything but what `captureContext()` returned.
   *
   * @example
   * ```ts
   * const job = JSON.stringify(tenancy.captureContext())
   * tenancy.restoreContext(JSON.parse(job), () => tenancy.requireTenant().organizationId) // organizationId
   * tenancy.restoreContext({ organizationId: 7 }, () => 'never') // TenancyError CONTEXT_INVALID
   * ```
   */
  restoreContext<T>(captured: unknown, fn: () => T): T

  /**
   * A function that runs `fn` in the scope that is open now, whoever calls it later: for callbacks of emitters and of
   * libraries that lose the context.
   *
   * @throws {TenancyError} `TENANT_REQUIRED` outside every scope.
   *
   * @example
   * ```ts
   * socket.on('message', tenancy.bind((message: string) => store(message)))
   * ```
   */
  bind<This, Args extends unknown[], T>(fn: (this: This, ...args: Args) => T): (this: This, ...args: Args) => T

  /**
   * The tenant in scope, if there is one.
   *
   * @example
   * ```ts
   * tenancy.currentTenant() // undefined
   * tenancy.run({ organizationId }, () => tenancy.currentTenant()?.organizationId) // organizationId
   * ```
   */
  currentTenant(): TenantScope | undefined

  /**
   * Who acts in the scope that is open, of an organization or of the operator; `undefined` where nobody was named.
   *
   * @example
   * ```ts
   * tenancy.run({ organizationId, actor: { type: 'user', id: '42' } }, () => tenancy.currentActor()?.id) // '42'
   * ```
   */
  currentActor(): Actor | undefined

  /**
   * The tenant in scope.
   *
   * @throws {TenancyError} `TENANT_REQUIRED` when there is none.
   *
   * @example
   * ```ts
   * tenancy.run({ organizationId }, () => tenancy.requireTenant().organizationId) // organizationId
   * tenancy.requireTenant() // TenancyError TENANT_REQUIRED
   * ```
   */
  requireTenant(): TenantScope

  /**
   * Connects once and asks the catalog whether row level security binds the login.
   *
   * @throws {TenancyError} `LOGIN_PRIVILEGED`, `CONTROL_PLANE_MISSING`, `SEAL_MISSING` or `SEAL_REFUSED`.
   * @throws {TenancyError} `OBSERVE_TOO_LATE` with `mode: 'observe'` and more than one organization.
   *
   * @example
   * ```ts
   * await tenancy.ready()
   * ```
   */
  ready(): Promise<void>

  /**
   * Closes all pools, once; waits for clients that are checked out.
   *
   * @example
   * ```ts
   * await tenancy.close()
   * ```
   */
  close(): Promise<void>
}

/**
 * Creates the tenancy of a service: one for each database it uses. Opens no connection until the first statement.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` when an option is wrong, `DRIVER_UNSUPPORTED` when `pg` is not as known.
 *
 * @example
 * ```ts
 * const tenancy = createTenancy({ pool: { connectionString: process.env.APP_DATABASE_URL } })
 * const read = () => tenancy.pool.query('select count(*)::int as repositories from repositories')
 * const { rows } = await tenancy.run({ organizationId }, read) // { rows: [{ repositories: 3 }] }
 * await tenancy.close()
 * ```
 */
export function createTenancy(options: TenancyOptions): Tenancy {
  const resolved = resolveTenancyOptions(options)
  const module = resolved.pg ?? (pg as unknown as PgModule)
  assertDriverSupported(module)
  if (resolved.pipeline !== undefined) assertPipelineSupported(module)
  return new PostgresTenancy(resolved, module)
}

class PostgresTenancy implements Tenancy {
  readonly pool: TenantPool
  readonly #pool: ScopedPool
  readonly #scopes: ScopeStore
  readonly #replica: ScopedPool | undefined
  readonly #lost: LostContext | undefined
  readonly #observer: Observer | undefined
  readonly #module: PgModule
  readonly #operatorOptions: object | undefined
  readonly #onEvent: TenancyListener | undefined
  #operatorPool: BasePool | undefined
  #closing: Promise<void> | undefined

  constructor(options: ResolvedTenancyOptions, module: PgModule) {
    this.#module = module
    this.#operatorOptions = options.operator
    this.#onEvent = options.onEvent
    this.#lost = options.detectLostContext ? new LostContext(options.onEvent) : undefined
    this.#observer = observerOf(options, () => this.#operator())
    this.#scopes = new ScopeStore(() => this.#observer?.scope() ?? this.#lost?.refusal() ?? tenantRequired())
    const parts = {
      module,
      scopes: this.#scopes,
      operatorPool: () => this.#operator(),
      admitUnscoped: () => this.#observer?.admit(),
    }
    this.#pool = openPool(options, { ...parts, pool: options.pool, readOnly: false })
    this.#replica =
      options.replica &&
      openPool(options, { ...parts, pool: options.replica, readOnly: true, operatorPool: refuseOperatorReplica })
    this.pool = this.#pool as unknown as TenantPool
    registerInternals(this, { pool: this.#pool, scopes: this.#scopes, onEvent: options.onEvent })
  }

  run<T>(scope: TenantScope, fn: () => T): T {
    const run = (): T => this.#scopes.run(tenantScope(scope), () => started(fn()))
    return this.#lost === undefined ? run() : this.#lost.track(run)
  }

  get replica(): TenantPool {
    if (this.#replica !== undefined) return this.#replica as unknown as TenantPool
    throw new TenancyError(
      'REPLICA_UNAVAILABLE',
      'No read replica is configured. Pass `replica: { connectionString }` to createTenancy(), or use tenancy.pool.',
    )
  }

  captureContext(): CapturedContext {
    return captureScope(this.requireTenant())
  }

  restoreContext<T>(captured: unknown, fn: () => T): T {
    return this.run(readCapturedContext(captured), fn)
  }

  bind<This, Args extends unknown[], T>(fn: (this: This, ...args: Args) => T): (this: This, ...args: Args) => T {
    const scope = this.#scopes.require()
    const scopes = this.#scopes
    return function bound(this: This, ...args: Args): T {
      return scopes.run(scope, () => started(fn.apply(this, args)))
    }
  }

  bootstrap<T>(fn: () => T): T {
    return this.#scopes.run({ kind: 'bootstrap' }, () => started(fn()))
  }

  async operator<T>(request: OperatorScope, fn: (pool: TenantPool) => T | Promise<T>): Promise<T> {
    assertOperatorScope(request)
    const { reason, actor } = request
    this.#operator()
    await this.#onEvent?.({ type: 'operator.opened', reason, actor })
    const scope = { kind: 'operator' as const, reason, actor, open: true }
    const start = performance.now()
    let failed = true
    try {
      const result = await this.#scopes.run(scope, () => started(fn(this.pool)))
      failed = false
      return result
    } finally {
      scope.open = false
      const durationMs = performance.now() - start
      emitEvent(this.#onEvent, { type: 'operator.closed', reason, actor, durationMs, failed })
    }
  }

  currentTenant(): TenantScope | undefined {
    const scope = this.#scopes.current()
    return scope?.kind === 'tenant' ? scope : undefined
  }

  currentActor(): Actor | undefined {
    const scope = this.#scopes.current()
    return scope === undefined || scope.kind === 'bootstrap' ? undefined : scope.actor
  }

  requireTenant(): TenantScope {
    const scope = this.#scopes.require()
    if (scope.kind === 'tenant') return scope
    throw new TenancyError(
      'TENANT_REQUIRED',
      `No tenant is in scope: this is the ${scope.kind} scope. Call it inside tenancy.run({ organizationId }, fn).`,
    )
  }

  async ready(): Promise<void> {
    await Promise.all([this.#pool.checkLogin(), this.#replica?.checkLogin(), this.#observer?.check()])
  }

  close(): Promise<void> {
    // Libraries that were given the pool may have ended it.
    const end = async (pool: BasePool | undefined): Promise<void> => {
      if (pool?.ending === false) await pool.end()
    }
    this.#closing ??= Promise.all([end(this.#pool), end(this.#replica), end(this.#operatorPool)]).then(() => undefined)
    return this.#closing
  }

  #operator(): BasePool {
    if (this.#operatorOptions === undefined) {
      throw new TenancyError(
        'OPERATOR_UNAVAILABLE',
        'No operator login is configured; nothing was sent. Pass `operator: { connectionString }` to createTenancy().',
      )
    }
    if (this.#operatorPool === undefined) {
      this.#operatorPool = new this.#module.Pool(this.#operatorOptions)
      // Idle connections may break at any time; the pool replaces them, and an unheard error would end the process.
      this.#operatorPool.on('error', () => {})
    }
    return this.#operatorPool
  }
}

/**
 * Starts what a query builder would start only where it is awaited, which is outside the scope: Prisma and Drizzle return
 * such lazy queries.
 */
function started<T>(result: T): T {
  if (typeof result !== 'object' || result === null || result instanceof Promise) return result
  const { then } = result as { then?: unknown }
  if (typeof then !== 'function') return result
  return new Promise((resolve, reject) => {
    then.call(result, resolve, reject)
  }) as T
}

function openPool(
  options: ResolvedTenancyOptions,
  parts: {
    module: PgModule
    scopes: ScopeStore
    operatorPool: () => BasePool
    admitUnscoped: () => Promise<void> | undefined
    pool: object
    readOnly: boolean
  },
): ScopedPool {
  const { module, scopes, operatorPool, admitUnscoped, readOnly } = parts
  const book = new StatementBook({ setting: options.setting, prepares: options.prepareStatements })
  // One for each pool: a replica tells its own name.
  const seal = options.seal && new TenantSeal({ ...options.seal, now: Date.now })
  const settings: ClientSettings = {
    scopes,
    book,
    context: contextStatements(options.setting, { prepared: options.preparedContext, readOnly, seal }),
    Query: queryClassOf(module) as QueryClass,
    schema: options.schema,
    seal,
    loginCheckedAt: undefined,
  }
  const Client = tenantClientClass(module.Client, settings)
  const TenantPool = tenantPoolClass(module.Pool, {
    scopes,
    book,
    operatorPool,
    admitUnscoped,
    onEvent: options.onEvent,
    Query: settings.Query,
    maxPerOrganization: options.maxPerOrganization,
    queueTimeoutMs: options.queueTimeoutMs,
    pipeline: options.pipeline,
    createPipelineClient: () => new Client({ ...parts.pool, pipeline: true }),
  })
  const pool = new TenantPool({ ...parts.pool, Client })
  pool.on('error', () => {})
  return pool
}

function refuseOperatorReplica(): never {
  throw new TenancyError(
    'OPERATOR_UNAVAILABLE',
    'The operator login works on tenancy.pool only; nothing was sent. Use the pool that tenancy.operator() hands over.',
  )
}
