import type { Catalog, Table } from '../catalog/catalog.ts'
import { sameName } from '../sql/identifier.ts'

const likelyName = /^(teams?|workspaces?|organi[sz]ations?|orgs?|tenants?|compan(y|ies)|accounts?)$/i

/**
 * A table that may be the host's own table of organizations: it is called like one, has a key of one column, and is
 * referenced. Of several, the one that most tables hang on. Only a person knows whether it is.
 */
export function findRootCandidate(catalog: Catalog): Table | undefined {
  const candidates = catalog.tables
    .filter((table) => table.kind === 'table' && likelyName.test(table.name))
    .filter((table) => table.keys.some((key) => key.kind === 'primary' && key.columns.length === 1))
    .map((table) => ({ table, reached: reaching(catalog, table) }))
    .filter(({ reached }) => reached > 0)
  return candidates.toSorted((a, b) => b.reached - a.reached)[0]?.table
}

/** How many tables lead to it along foreign keys. */
function reaching(catalog: Catalog, root: Table): number {
  const found = new Set([root])
  for (const parent of found) {
    for (const table of catalog.tables)
      if (table.foreignKeys.some((key) => sameName(key.references, parent))) found.add(table)
  }
  return found.size - 1
}
