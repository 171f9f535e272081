import type { Table } from '../../catalog/catalog.ts'
import { displayName, objectName, quoteColumns, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { indexIs, keyIs } from '../checks.ts'
import { tenantKeyName, type PlanContext } from '../plan-context.ts'
import { widensPrimaryKey } from '../primary-key.ts'
import type { Guard, Inverse, Step } from '../step.ts'

/** Contract: the compound key takes the place, and the name, of a natural primary key. One instant: the index stands. */
export function planWidenPrimaryKey(context: PlanContext, table: Table): readonly Step[] {
  const primary = table.keys.find((key) => key.kind === 'primary')
  if (primary === undefined || !widensPrimaryKey(context, table)) return []
  const name = displayName(table)
  const wide = [context.settings.tenantColumn, ...primary.columns]
  return [
    {
      id: `contract/${name}/primary-key`,
      phase: 'contract',
      kind: 'primary-key',
      table: name,
      summary: `make (${wide.join(', ')}) the primary key of ${name}`,
      mode: 'transaction',
      statements: [swap(table, primary.name, tenantKeyName(table, primary.columns))],
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks: [{ object: `primary key ${primary.name} on ${name}`, sql: keyIs(table, primary.name, wide) }],
      inverse: narrow(table, primary.name, primary.columns),
    },
  ]
}

function swap(table: Table, constraint: string, index: string): string {
  const name = quoteIdentifier(constraint)
  return `alter table ${quoteName(table)} drop constraint ${name}, add constraint ${name} primary key using index ${quoteIdentifier(index)}`
}

function narrow(table: Table, constraint: string, columns: readonly string[]): readonly Inverse[] {
  const name = displayName(table)
  const index = objectName(constraint, 'narrow')
  const qualified = { schema: table.schema, name: index }
  const isNarrow = keyIs(table, constraint, columns)
  return [
    {
      id: `undo/${name}/primary-key-index`,
      stage: 'narrow-indexes',
      summary: `build the old key (${columns.join(', ')}) of ${name}`,
      mode: 'concurrent',
      statements: [
        `create unique index concurrently ${quoteIdentifier(index)} on ${quoteName(table)} (${quoteColumns(columns)})`,
      ],
      index: quoteName(qualified),
      lock: 'SHARE UPDATE EXCLUSIVE',
      scans: true,
      rewrites: false,
      checks: [
        {
          object: `index ${index} on ${name}`,
          sql: `${indexIs(qualified, table, { unique: true, first: columns[0] as string })} or ${isNarrow}`,
        },
      ],
      guards: [duplicates(table, columns)],
    },
    {
      id: `undo/${name}/primary-key`,
      stage: 'primary-keys',
      summary: `make (${columns.join(', ')}) the primary key of ${name} again`,
      mode: 'transaction',
      statements: [swap(table, constraint, index)],
      lock: 'ACCESS EXCLUSIVE',
      scans: false,
      rewrites: false,
      checks: [{ object: `primary key ${constraint} on ${name}`, sql: isNarrow }],
    },
  ]
}

/** The keys that more than one row has, now that organizations choose for themselves. */
function duplicates(table: Table, columns: readonly string[]): Guard {
  const key = quoteColumns(columns)
  return {
    table: displayName(table),
    reason: `more than one row has the same (${columns.join(', ')})`,
    sql: `select ${key}, count(*)::int as rows from ${quoteName(table)} group by ${key} having count(*) > 1 limit 20`,
  }
}
