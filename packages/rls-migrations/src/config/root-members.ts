import * as z from 'zod'
import type { ResolvedConfig } from './resolve-config.ts'

interface RootMembers {
  root: z.ZodType<ResolvedConfig['root']>
  organizationFrom: z.ZodType<ResolvedConfig['organizationFrom']>
  orphans: z.ZodType<ResolvedConfig['orphans']>
}

/** The members of a configuration that adopt a root of the host's. */
export function rootMembers(identifier: z.ZodString): RootMembers {
  return {
    root: z
      .strictObject({
        table: z.string().min(1),
        id: identifier.optional(),
        name: identifier.optional(),
        slug: identifier.optional(),
        columns: z.array(identifier).readonly().default([]),
      })
      .optional(),
    organizationFrom: z
      .record(
        z.string().min(1),
        z.union([
          z.strictObject({ column: identifier }),
          z.strictObject({ foreignKey: identifier }),
          z.literal('default-organization'),
        ]),
      )
      .default({}),
    orphans: z.enum(['refuse', 'default-organization']).default('refuse'),
  }
}

/** What depends on whether the host has its own table of organizations. */
export function rootIssues(
  config: Pick<ResolvedConfig, 'root' | 'organizationFrom' | 'orphans' | 'defaultOrganization'>,
): readonly (readonly [path: string, message: string])[] {
  const { root, organizationFrom, orphans, defaultOrganization } = config
  const { id } = defaultOrganization
  if (root === undefined) {
    return [
      ...(id === undefined || z.uuid().safeParse(id).success
        ? []
        : [['defaultOrganization.id', 'must be a UUID'] as const]),
      ...(Object.keys(organizationFrom).length === 0
        ? []
        : [['organizationFrom', 'needs "root": without it every row belongs to the default organization'] as const]),
      ...(orphans === 'refuse' ? [] : [['orphans', 'needs "root"'] as const]),
    ]
  }
  const needsDefault = orphans !== 'refuse' || Object.values(organizationFrom).includes('default-organization')
  return needsDefault && id === undefined
    ? [['defaultOrganization.id', `must name the row of ${root.table} that takes what belongs to nobody`]]
    : []
}
