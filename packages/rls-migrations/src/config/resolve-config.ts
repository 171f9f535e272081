import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import { rootIssues, rootMembers } from './root-members.ts'
import type { OrganizationFrom, PartywallConfig } from './conversion-config.ts'

/** The configuration with every default in place. */
export interface ResolvedConfig {
  readonly controlSchema: string
  readonly schemas?: readonly string[] | undefined
  readonly tenantColumn: string
  readonly setting: string
  readonly engine?: 'postgres' | 'citus' | undefined
  /** Undefined when the configuration says nothing about it. */
  readonly seal?: boolean | undefined
  readonly root?:
    | {
        readonly table: string
        readonly id?: string | undefined
        readonly name?: string | undefined
        readonly slug?: string | undefined
        readonly columns: readonly string[]
      }
    | undefined
  readonly organizationFrom: Readonly<Record<string, OrganizationFrom>>
  readonly orphans: 'refuse' | 'default-organization'
  readonly defaultOrganization: { readonly id?: string | undefined; readonly slug: string; readonly name: string }
  readonly users?: { readonly table: string; readonly id?: string | undefined; readonly email: string } | undefined
  readonly tables: {
    readonly tenant: readonly string[]
    readonly shared: readonly string[]
    readonly skipped: readonly string[]
  }
}

/**
 * Checks a configuration and fills in its defaults.
 *
 * @throws TenancyError `CONFIGURATION_INVALID` when a member is unknown, of the wrong type, or names an impossible
 * identifier; the message lists every problem.
 *
 * @example
 * ```ts
 * const { tenantColumn } = resolveConfig({ users: { table: 'users' } }) // { tenantColumn: 'org_id' }
 * ```
 */
export function resolveConfig(config: PartywallConfig): ResolvedConfig {
  const result = schema().safeParse(config)
  if (!result.success) {
    throw new TenancyError(
      'CONFIGURATION_INVALID',
      `The configuration is not valid.\n${z.prettifyError(result.error)}`,
      {
        details: {
          issues: result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
        },
        cause: result.error,
      },
    )
  }
  return Object.freeze(result.data)
}

function schema(): z.ZodType<ResolvedConfig, PartywallConfig> {
  const identifier = z
    .string()
    .min(1)
    .refine((name) => Buffer.byteLength(name) <= 63 && !name.includes('\0'), 'must fit into 63 bytes')
  const tables = z.array(z.string().min(1)).readonly().default([])
  const config = z.strictObject({
    controlSchema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be a lower-case identifier')
      .default('partywall'),
    schemas: z.array(identifier).min(1).readonly().optional(),
    tenantColumn: identifier.default('org_id'),
    setting: z
      .string()
      .regex(/^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/, 'must be two lower-case words with a point between them')
      .default('app.current_tenant_id'),
    seal: z.boolean().optional(),
    engine: z.enum(['postgres', 'citus']).optional(),
    ...rootMembers(identifier),
    defaultOrganization: z
      .strictObject({
        id: z.string().min(1).max(200).optional(),
        slug: z
          .string()
          .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens')
          .default('default'),
        name: z.string().min(1).max(200).default('Default organization'),
      })
      .default({ slug: 'default', name: 'Default organization' }),
    users: z
      .strictObject({ table: z.string().min(1), id: identifier.optional(), email: identifier.default('email') })
      .optional(),
    tables: z
      .strictObject({ tenant: tables, shared: tables, skipped: tables })
      .default({ tenant: [], shared: [], skipped: [] }),
  })
  return config.check((given) => {
    for (const [path, message] of rootIssues(given.value)) {
      given.issues.push({ code: 'custom', input: given.value, path: path.split('.'), message })
    }
  }) as z.ZodType<ResolvedConfig, PartywallConfig>
}
