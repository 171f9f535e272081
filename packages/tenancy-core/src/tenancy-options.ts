import type { PoolConfig } from 'pg'
import * as z from 'zod'
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
  /** Receives what happens: operator scopes, closed connections, fallbacks. */
  readonly onEvent?: TenancyListener | undefined
}

/** Options with every default filled in. */
export interface ResolvedTenancyOptions {
  readonly pool: PoolConfig
  readonly operator: PoolConfig | undefined
  readonly pg: PgModule | undefined
  readonly setting: string
  readonly schema: string | undefined
  readonly preparedContext: boolean
  readonly prepareStatements: boolean
  readonly maxPerOrganization: number | undefined
  readonly queueTimeoutMs: number | undefined
  readonly onEvent: TenancyListener | undefined
}

const settingPattern = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+$/i

const poolSchema = z.custom<PoolConfig>(
  (value) => typeof value === 'object' && value !== null && !('Client' in value) && !('pipeline' in value),
  'Expected the options of pg.Pool, without `Client` (the pool brings its own) and `pipeline` (a unit must be answered before the next is sent)',
)

const optionsSchema = z.strictObject({
  pool: poolSchema,
  operator: poolSchema.optional(),
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
  preparedContext: z.boolean().default(true),
  prepareStatements: z.boolean().default(true),
  maxPerOrganization: z.int().min(1).optional(),
  queueTimeoutMs: z.int().min(1).max(2_147_483_647).optional(),
  onEvent: z.custom<TenancyListener>((value) => typeof value === 'function', 'Expected a function').optional(),
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
    pg: data.pg,
    setting: data.setting,
    schema: data.schema === false ? undefined : data.schema,
    preparedContext: data.preparedContext,
    prepareStatements: data.prepareStatements && data.preparedContext,
    maxPerOrganization: data.maxPerOrganization,
    queueTimeoutMs: data.queueTimeoutMs,
    onEvent: data.onEvent,
  })
}
