import { TenancyError } from '@partywall/tenancy-core'
import type { Catalog, Table } from './catalog.ts'

/**
 * The table of that name: `albums`, or `schema.albums`; quotes around a part are taken off.
 *
 * @throws TenancyError `TABLE_UNKNOWN` when there is none, or more than one.
 */
export function findTable(catalog: Catalog, name: string): Table {
  const parts = (name.match(/"(?:[^"]|"")*"|[^.]+/g) ?? []).map((part) =>
    part.replace(/^"(.*)"$/, '$1').replaceAll('""', '"'),
  )
  const wanted = parts.at(-1)
  const schema = parts.length === 2 ? parts[0] : undefined
  const found = catalog.tables.filter(
    (table) => table.name === wanted && (schema === undefined || table.schema === schema),
  )
  const inPublic = found.find((table) => table.schema === 'public')
  const table = found.length === 1 ? found[0] : inPublic
  if (table === undefined || parts.length > 2) {
    const reason =
      found.length > 1 ? `names more than one table: write schema.${wanted}` : 'does not exist in this database'
    throw new TenancyError('TABLE_UNKNOWN', `The table ${name} of the configuration ${reason}.`, {
      details: { table: name },
    })
  }
  return table
}
