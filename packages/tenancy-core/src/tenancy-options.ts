import type { PoolConfig } from 'pg'
import * as z from 'zod'
import { readSealKey, sealKeyPattern } from './seal/seal-key.ts'
import type { SealKey } from './seal/seal-key.ts'
import { TenancyError } from './tenancy-error.ts'
import type { TenancyListener } from './tenancy-event.ts'
import type { PgModule } from './pg/pg-module.ts'

/** Options of {@link createTenancy}. */
export interface TenancyOptions {
  /** The login of the application, a member of the app role only. Takes every option of `pg.Pool` but `Client` and `pipeline`. */
  readonly pool: PoolConfig
  /**
   * The login that sees all organizations, used only inside `tenancy.operator()`.
   *
   * @defaultValue none: `tenancy.operator()` is refused
   */
  readonly operator?: PoolConfig | undefined
  /**
   * The login of the application on a read replica, for `tenancy.replica`.
   *
   * @defaultValue none: `tenancy.replica` is refused
   */
  readonly replica?: PoolConfig | undefined
  /**
   * What becomes of a statement outside every scope: `enforce` refuses it, `observe` runs it as the organization in
   * `observe` and reports its call site with the event `context.unscoped`. For the weeks before the cut-over: it needs the
   * operator login to count, and refuses with `OBSERVE_TOO_LATE` once there is a second organization.
   *
   * @defaultValue 'enforce'
   */
  readonly mode?: 'enforce' | 'observe' | undefined
  /** The one organization there is, for `mode: 'observe'`. */
  readonly observe?: { readonly organizationId: string } | undefined
  /**
   * Whether open scopes are counted, so that a statement that lost its context is told from one that had none: the message
   * of `TENANT_REQUIRED` names the call site, and the event `context.lost` is emitted.
   *
   * @defaultValue true, unless NODE_ENV is 'production'
   */
  readonly detectLostContext?: boolean | undefined
  /**
   * The host's own `pg`, when it is not the one that this package finds.
   *
   * @defaultValue the `pg` that is installed beside this package
   */
  readonly pg?: object | undefined
  /**
   * The setting that carries the tenant, as in the policies.
   *
   * @defaultValue 'app.current_tenant_id'
   */
  readonly setting?: string | undefined
  /**
   * The schema of the control plane, whose functions are looked for at the first connection. `false` looks for none: for
   * a database whose policies read the setting by themselves.
   *
   * @defaultValue 'partywall'
   */
  readonly schema?: string | false | undefined
  /**
   * Sends signed tokens in place of organization ids, so that injected SQL cannot name another organization. For a
   * database with a sealed context; `key` is what `partywall seal rotate` printed. `lifetimeMs` is how long a token is
   * accepted, at most: half of it is what the clocks of service and database may be apart.
   *
   * @defaultValue none: bare ids; `lifetimeMs` is 300,000
   */
  readonly seal?: { readonly key: string; readonly lifetimeMs?: number | undefined } | undefined
  /**
   * Whether connections keep the statement that sets the tenant prepared. `false` is for a PgBouncer below 1.21 in
   * transaction mode, and turns `prepareStatements` off too.
   *
   * @defaultValue true
   */
  readonly preparedContext?: boolean | undefined
  /**
   * Whether parametrized statements are prepared from their second use on.
   *
   * @defaultValue true
   */
  readonly prepareStatements?: boolean | undefined
  /**
   * Connections of the pool that one organization may have at once. A transaction that asks for a second connection while
   * it holds one needs at least 2.
   *
   * @defaultValue all of them; the queue is fair either way
   */
  readonly maxPerOrganization?: number | undefined
  /**
   * How long a statement or a check-out waits for a connection, in milliseconds, before it is refused with
   * `POOL_QUEUE_TIMEOUT`.
   *
   * @defaultValue `pool.connectionTimeoutMillis`; without that, it waits for as long as it takes
   */
  readonly queueTimeoutMs?: number | undefined
  /**
   * Sends single statements of many organizations over a few shared connections, without waiting for the answers to those
   * in front: about half the time for each under load. A statement waits for slow ones in front of it. Transactions,
   * batches, clients that are checked out, statements with a `name`, a `query_timeout` or a scope with a `signal`, and
   * whatever is not SELECT, INSERT, UPDATE, DELETE, MERGE, WITH, VALUES or TABLE use the pool as ever. `depth` is how many
   * answers may be outstanding on one connection; with the option, `maxPerOrganization` counts statements there.
   *
   * @defaultValue none; `depth` is 32
   */
  readonly pipeline?: { readonly connections: number; readonly depth?: number | undefined } | undefined
  /** Receives what happens: operator scopes, closed connections, fallbacks. */
  readonly onEvent?: TenancyListener | undefined
}

/** Options with every default filled in. */
export interface ResolvedTenancyOptions {
  readonly pool: PoolConfig
  readonly operator: PoolConfig | undefined
  readonly replica: PoolConfig | undefined
  /** The organization that statements outside every scope run as, where they are let through. */
  readonly observedOrganizationId: string | undefined
  readonly detectLostContext: boolean
  readonly pg: PgModule | undefined
  readonly setting: string
  readonly schema: string | undefined
  readonly seal: { readonly key: SealKey; readonly lifetimeMs: number } | undefined
  readonly preparedContext: boolean
  readonly prepareStatements: boolean
  readonly maxPerOrganization: number | undefined
  readonly queueTimeoutMs: number | undefined
  readonly pipeline: { readonly connections: number; readonly depth: number } | undefined
  readonly onEvent: TenancyListener | undefined
}

const settingPattern = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+$/i

const poolSchema = z.custom<PoolConfig>(
  (value) => typeof value === 'object' && value !== null && !('Client' in value) && !('pipeline' in value),
  'Expected the options of pg.Pool, without `Client` (the pool brings its own) and `pipeline` (a unit must be answered before the next is sent)',
)

const optionsObject = z.strictObject({
  pool: poolSchema,
  operator: poolSchema.optional(),
  replica: poolSchema.optional(),
  mode: z.enum(['enforce', 'observe']).default('enforce'),
  observe: z.strictObject({ organizationId: z.string().min(1).max(200) }).optional(),
  detectLostContext: z.boolean().optional(),
  pg: z
    .custom<PgModule>(
      (value) => typeof value === 'object' && value !== null && 'Client' in value && 'Pool' in value,
      'Expected the pg module: import pg from "pg"',
    )
    .optional(),
  setting: z
    .string()
    .regex(settingPattern, 'Expected a qualified name such as app.current_tenant_id')
    .default('app.current_tenant_id'),
  schema: z.union([z.string().min(1).max(63), z.literal(false)]).default('partywall'),
  seal: z
    .strictObject({
      key: z.string().regex(sealKeyPattern, 'Expected the text that `partywall seal rotate` printed'),
      lifetimeMs: z.int().min(10_000).max(86_400_000).default(300_000),
    })
    .optional(),
  preparedContext: z.boolean().default(true),
  prepareStatements: z.boolean().default(true),
  maxPerOrganization: z.int().min(1).optional(),
  queueTimeoutMs: z.int().min(1).max(2_147_483_647).optional(),
  pipeline: z
    .strictObject({ connections: z.int().min(1).max(100), depth: z.int().min(1).max(1000).default(32) })
    .optional(),
  onEvent: z.custom<TenancyListener>((value) => typeof value === 'function', 'Expected a function').optional(),
})

const optionsSchema = optionsObject.superRefine((options, context) => {
  const lacks = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message })
  if (options.pipeline !== undefined && options.pool.query_timeout) {
    lacks(
      'pipeline',
      'Expected no pool.query_timeout beside it, which would end the statements of others: use timeoutMs',
    )
  }
  if (options.mode !== 'observe') {
    if (options.observe !== undefined) lacks('observe', "Expected mode: 'observe' beside it")
    return
  }
  if (options.observe === undefined) lacks('observe', 'Expected { organizationId }: what unscoped statements run as')
  if (options.operator === undefined)
    lacks('operator', "Expected the login that counts organizations, for mode: 'observe'")
  if (options.schema === false) lacks('schema', "Expected the schema of the control plane, for mode: 'observe'")
})

/** @throws {TenancyError} `CONFIGURATION_INVALID` with every problem in `details.issues`. */
export function resolveTenancyOptions(options: TenancyOptions): ResolvedTenancyOptions {
  const parsed = optionsSchema.safeParse(options)
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`)
    throw new TenancyError('CONFIGURATION_INVALID', `createTenancy: ${issues.join('; ')}.`, {
      details: { issues },
      cause: parsed.error,
    })
  }
  const { data } = parsed
  return Object.freeze({
    pool: data.pool,
    operator: data.operator,
    replica: data.replica,
    observedOrganizationId: data.observe?.organizationId,
    detectLostContext: data.detectLostContext ?? process.env['NODE_ENV'] !== 'production',
    pg: data.pg,
    setting: data.setting,
    schema: data.schema === false ? undefined : data.schema,
    seal: data.seal && { key: readSealKey(data.seal.key), lifetimeMs: data.seal.lifetimeMs },
    preparedContext: data.preparedContext,
    prepareStatements: data.prepareStatements && data.preparedContext,
    maxPerOrganization: data.maxPerOrganization,
    queueTimeoutMs: data.queueTimeoutMs,
    pipeline: data.pipeline,
    onEvent: data.onEvent,
  })
}
