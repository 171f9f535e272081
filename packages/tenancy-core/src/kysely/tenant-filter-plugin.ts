import type { KyselyPlugin } from 'kysely'
import * as z from 'zod'
import { TenancyError } from '../tenancy-error.ts'
import type { Tenancy } from '../tenancy.ts'
import { internalsOf } from '../tenancy-internals.ts'
import { TenantFilterTransformer } from './tenant-filter-transformer.ts'
import { TenantTableList } from './tenant-table-list.ts'

/** Options of {@link tenantFilterPlugin}. */
export interface TenantFilterOptions {
  readonly tenancy: Tenancy
  /** The tables that carry the tenant column: `name`, or `schema.name`. Those that a plan calls tenant tables. */
  readonly tables: readonly string[]
  /**
   * The tenant column, as in the database.
   *
   * @defaultValue 'org_id'
   */
  readonly column?: string | undefined
}

const optionsSchema = z.strictObject({
  tenancy: z.custom<Tenancy>((value) => typeof value === 'object' && value !== null, 'Expected a tenancy'),
  tables: z.array(z.string()).min(1, 'Expected at least one table'),
  column: z.string().min(1).default('org_id'),
})

const filteredKinds: ReadonlySet<string> = new Set([
  'SelectQueryNode',
  'InsertQueryNode',
  'UpdateQueryNode',
  'DeleteQueryNode',
  'MergeQueryNode',
  'RawNode',
])

/**
 * Writes the tenant in scope into every query, as the literal `org_id = $n`: into selects, joins, subqueries, CTEs,
 * updates, deletes and merges, and into every row that is inserted. The planner then estimates by the tenant's own share,
 * and picks partitions and shards while it plans. A query means the same with the plugin as without; row level security
 * stays the wall behind it. It does not lift what row level security forbids: an operator that is not leakproof, such as
 * `like` or `@>`, still gets no index.
 *
 * The tenant is the one in scope where the query is compiled, which `execute()` does. Raw SQL is left alone, as are DDL
 * and the scopes `bootstrap` and `operator`; builders inside raw SQL are not. The query of a view is built in a scope:
 * write it with `withoutPlugins()`. Put the plugin behind the plugins that rename tables or columns. A conflict of ON CONFLICT with the row of another tenant is skipped here, and an error under
 * row level security.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` when an option is wrong.
 * @throws {TenancyError} `TENANT_REQUIRED` from a query on a tenant table outside every scope.
 * @throws {TenancyError} `TENANT_MISMATCH` from a query that writes another tenant, or something that cannot be compared,
 * to the tenant column.
 * @throws {TenancyError} `STATEMENT_UNSUPPORTED` from an insert that does not name its columns.
 *
 * @example
 * ```ts
 * const kysely = new Kysely<Database>({
 *   dialect: new PostgresDialect({ pool: tenancy.pool }),
 *   plugins: [tenantFilterPlugin({ tenancy, tables: ['repositories', 'tests'] })],
 * })
 * const rows = await tenancy.run({ organizationId }, () => kysely.selectFrom('repositories').selectAll().execute())
 * rows.every((row) => row.org_id === organizationId) // true
 * ```
 */
export function tenantFilterPlugin(options: TenantFilterOptions): KyselyPlugin {
  const parsed = optionsSchema.safeParse(options)
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`)
    throw new TenancyError('CONFIGURATION_INVALID', `tenantFilterPlugin: ${issues.join('; ')}.`, {
      details: { issues },
      cause: parsed.error,
    })
  }
  const { tenancy, column } = parsed.data
  const { scopes } = internalsOf(tenancy)
  const transformer = new TenantFilterTransformer({
    tables: new TenantTableList(parsed.data.tables),
    column,
    organizationId: () => tenancy.requireTenant().organizationId,
  })
  return {
    transformQuery: ({ node, queryId }) => {
      const kind = scopes.current()?.kind
      if (!filteredKinds.has(node.kind)) return node
      if (kind === 'bootstrap' || kind === 'operator') return transformer.restore(node, queryId)
      return transformer.filter(node, queryId)
    },
    transformResult: async ({ result }) => result,
  }
}
