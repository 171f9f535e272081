import { TenancyError } from '@partywall/tenancy-core'
import type { Catalog, Table } from '../catalog/catalog.ts'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import { findTable } from '../catalog/find-table.ts'
import { displayName } from '../sql/identifier.ts'

const likelyName = /^(app_?|auth_?)?(users?|user_?accounts?)$/i

/**
 * The table in which the host keeps its people: the configured one, or one that is called like it and has a unique
 * e-mail column and a primary key of one column.
 *
 * @throws TenancyError `TABLE_UNKNOWN` when the configured table does not exist; `CONFIGURATION_INVALID` when it lacks
 * the configured columns.
 */
export function findUsersTable(catalog: Catalog, config: ResolvedConfig): Table | undefined {
  if (config.users !== undefined) {
    const table = findTable(catalog, config.users.table)
    usersColumns(table, config)
    return table
  }
  const candidates = catalog.tables.filter(
    (table) => table.kind === 'table' && likelyName.test(table.name) && uniqueEmail(table) !== undefined,
  )
  return candidates.length === 1 && primaryColumn(candidates[0] as Table) !== undefined ? candidates[0] : undefined
}

export interface UsersColumns {
  readonly id: string
  readonly email: string
}

/**
 * The columns that identify a person.
 *
 * @throws TenancyError `CONFIGURATION_INVALID` when the table lacks one of them.
 */
export function usersColumns(table: Table, config: ResolvedConfig): UsersColumns {
  const id = config.users?.id ?? primaryColumn(table)
  const email = config.users === undefined ? uniqueEmail(table) : config.users.email
  for (const [member, column] of [
    ['id', id],
    ['email', email],
  ] as const) {
    if (column === undefined || !table.columns.some((one) => one.name === column)) {
      throw new TenancyError(
        'CONFIGURATION_INVALID',
        `users.${member}: the table ${displayName(table)} has no column ${column ?? 'that could serve'}.`,
        {
          details: { table: displayName(table), member },
        },
      )
    }
  }
  return { id: id as string, email: email as string }
}

function primaryColumn(table: Table): string | undefined {
  const key = table.keys.find((one) => one.kind === 'primary')
  return key?.columns.length === 1 ? key.columns[0] : undefined
}

function uniqueEmail(table: Table): string | undefined {
  const column = table.columns.find((one) => /^e_?mail(_?address)?$/i.test(one.name))?.name
  if (column === undefined) return undefined
  // `lower(email)` counts as well: an index on an expression has no plain columns, but names the column.
  const isUnique = table.indexes.some(
    (index) =>
      index.unique && (index.columns === null ? index.keyAndRest.includes(column) : index.columns.join() === column),
  )
  return isUnique ? column : undefined
}
