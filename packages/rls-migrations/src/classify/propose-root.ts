import type { Catalog, Table } from '../catalog/catalog.ts'
import { hasParents } from '../catalog/partition-tree.ts'
import type { PartywallConfig } from '../config/conversion-config.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { bareType, findRoot } from '../derive/adopted-root.ts'
import { unreachableTables } from '../derive/plan-derivations.ts'
import { displayName, sameName } from '../sql/identifier.ts'
import { classifyTables } from './classify-tables.ts'

/** A configuration that adopts the table as the root; the tables that lead to it by no key are left to be decided. */
export function proposeRoot(
  catalog: Catalog,
  config: PartywallConfig,
  root: Table,
): { readonly config: PartywallConfig; readonly unreachable: readonly Table[] } {
  const has = (name: string): boolean => root.columns.some((column) => column.name === name)
  const proposed: PartywallConfig = {
    ...config,
    tenantColumn: commonReference(catalog, root) ?? config.tenantColumn ?? 'org_id',
    root: {
      table: displayName(root),
      ...(has('name') ? { name: 'name' } : {}),
      ...(has('slug') ? { slug: 'slug' } : {}),
    },
    // Each row says itself what the organization is called.
    defaultOrganization: {},
  }
  const resolved = resolveConfig(proposed)
  const found = findRoot(catalog, resolved)
  if (found === undefined) return { config: proposed, unreachable: [] }
  const tables = classifyTables(catalog, resolved)
    .filter((one) => one.class === 'tenant' && !hasParents(one.table))
    .map((one) => one.table)
  return { config: proposed, unreachable: unreachableTables({ catalog, config: resolved, root: found, tables }) }
}

/** The column in which tables name the root already, when each that has it can go on with it as its tenant column. */
function commonReference(catalog: Catalog, root: Table): string | undefined {
  const names = catalog.tables.flatMap((table) =>
    table.foreignKeys
      .filter((key) => sameName(key.references, root) && key.columns.length === 1 && table !== root)
      .map((key) => key.columns[0] as string),
  )
  const counts = [...new Set(names)].map((name) => ({ name, count: names.filter((one) => one === name).length }))
  const key = root.keys.find((one) => one.kind === 'primary')?.columns[0]
  const keyColumn = root.columns.find((column) => column.name === key)
  return counts
    .toSorted((a, b) => b.count - a.count)
    .find(({ name }) =>
      catalog.tables.every((table) =>
        table.columns
          .filter((column) => column.name === name)
          .every((column) => column.notNull && keyColumn !== undefined && bareType(column) === bareType(keyColumn)),
      ),
    )?.name
}
