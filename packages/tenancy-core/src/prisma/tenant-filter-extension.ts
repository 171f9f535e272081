import * as z from 'zod'
import { isHostBehindAwait, reachHost } from '../call-site.ts'
import { TenancyError } from '../tenancy-error.ts'
import type { Tenancy } from '../tenancy.ts'
import { internalsOf } from '../tenancy-internals.ts'
import { filterOperation } from './filter-operation.ts'
import type { PrismaBinding } from './filter-where.ts'
import { readTenantModels } from './tenant-models.ts'
import type { TenantModels } from './tenant-models.ts'

/** Options of {@link tenantFilterExtension}. */
export interface TenantFilterExtensionOptions {
  readonly tenancy: Tenancy
  /**
   * The field of the tenant, as in Prisma's schema.
   *
   * @defaultValue 'orgId'
   */
  readonly field?: string | undefined
  /**
   * The models whose rows belong to tenants.
   *
   * @defaultValue all that have the field
   */
  readonly models?: readonly string[] | undefined
}

/** A Prisma client, as far as it is called here. Structural: the client is generated, and every host has another. */
interface ExtensibleClient {
  $extends(extension: object): unknown
}

const optionsSchema = z.strictObject({
  tenancy: z.custom<Tenancy>((value) => typeof value === 'object' && value !== null, 'Expected a tenancy'),
  field: z.string().min(1).default('orgId'),
  models: z.array(z.string()).min(1, 'Expected at least one model').optional(),
})

/**
 * An extension for `$extends()` that writes the tenant in scope into every query of a tenant's model: a condition into
 * reads, updates and deletes, and into the related rows that they read, and the value into every row that is created,
 * nested ones too. The planner then estimates by the tenant's own share, and picks partitions and shards while it plans.
 * A query means the same with the extension as without; row level security stays the wall behind it.
 *
 * Unique keys that the tenant is a part of need no tenant from the caller, and upserts on them stay one statement:
 * `{ orgId_name: { name } }`, or `{ name }` alone. Prisma's types ask for it all the same: TypeScript hosts write
 * `orgId: tenancy.requireTenant().organizationId`.
 *
 * The tenant is the one in scope where a query is awaited. Apply it behind other extensions: what those behind it add to a
 * query is not filtered. Raw SQL is left alone, as are the scopes `bootstrap` and
 * `operator`. Row level security alone binds what takes no condition in Prisma: required related rows, `_count: true`, an
 * order by counts, and `set` on rows that hang on a model without tenant.
 *
 * @throws {TenancyError} `CONFIGURATION_INVALID` when an option is wrong, or a model does not have the field.
 * @throws {TenancyError} `DRIVER_UNSUPPORTED` when the models of this version of Prisma cannot be read.
 * @throws {TenancyError} `TENANT_REQUIRED` from a query on a tenant's model outside every scope.
 * @throws {TenancyError} `TENANT_MISMATCH` from a query that writes another tenant, or something that cannot be compared,
 * to the tenant field.
 *
 * @example
 * ```ts
 * const prisma = scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter })).$extends(
 *   tenantFilterExtension({ tenancy, field: 'orgId' }),
 * )
 * const rows = await tenancy.run({ organizationId }, () => prisma.repository.findMany())
 * rows.every((row) => row.orgId === organizationId) // true
 * ```
 */
export function tenantFilterExtension(
  options: TenantFilterExtensionOptions,
): <Client extends ExtensibleClient>(client: Client) => Client {
  const parsed = optionsSchema.safeParse(options)
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`)
    throw new TenancyError('CONFIGURATION_INVALID', `tenantFilterExtension: ${issues.join('; ')}.`, {
      details: { issues },
      cause: parsed.error,
    })
  }
  const { tenancy, field, models } = parsed.data
  return (client) => {
    const read = readTenantModels(client, { field, models })
    return client.$extends({ name: 'partywall', query: filterEvery(tenancy, read) }) as typeof client
  }
}

/** What Prisma calls for each operation on a model, in the scope that awaits it. */
interface Operation {
  readonly model: string
  readonly operation: string
  readonly args: unknown
  readonly query: (args: unknown) => unknown
}

function filterEvery(tenancy: Tenancy, models: TenantModels): object {
  const { scopes } = internalsOf(tenancy)
  const run = ({ model, operation, args, query }: Operation): unknown => {
    const kind = scopes.current()?.kind
    if (kind === 'bootstrap' || kind === 'operator') return query(args)
    return query(filterOperation({ operation, args }, models.get(model), bindingOf(tenancy, models)))
  }
  return {
    $allModels: {
      $allOperations: (operation: Operation) =>
        // The call is reported, or refused, with its place in the host.
        scopes.current() === undefined && isHostBehindAwait() ? reachHost().then(() => run(operation)) : run(operation),
    },
  }
}

/** Asks for the tenant at the first model that has one: outside a scope, other queries pass. */
function bindingOf(tenancy: Tenancy, models: TenantModels): PrismaBinding {
  let tenant: PrismaBinding['tenant'] | undefined
  return {
    models,
    get tenant() {
      return (tenant ??= models.valueOf(tenancy.requireTenant().organizationId))
    },
  }
}
