import { TenancyError } from '@partywall/tenancy-core'
import type { Table } from '../catalog/catalog.ts'
import { displayName } from '../sql/identifier.ts'
import { bareType } from './adopted-root.ts'

export interface WantedColumn {
  readonly column: string
  readonly keyType: string
}

/**
 * The name of the tenant column when the table has it already, with the id of the root in every row; undefined when it
 * has no such column.
 *
 * @throws TenancyError `TENANT_COLUMN_TAKEN` when it has one that cannot serve: what is null belongs to nobody, and a
 * column of another type would be compared without its index.
 */
export function hostTenantColumn(table: Table, { column, keyType }: WantedColumn): string | undefined {
  const found = table.columns.find((one) => one.name === column)
  if (found === undefined) return undefined
  const type = bareType(found)
  if (found.notNull && !found.generated && type === keyType) return column
  const reason = type !== keyType ? `of the type ${type} and not ${keyType}` : 'that may be null'
  throw new TenancyError(
    'TENANT_COLUMN_TAKEN',
    `The table ${displayName(table)} has a column ${column} already, ${reason}. Choose another name with "tenantColumn" in the configuration.`,
    { details: { table: displayName(table), column } },
  )
}
