import { quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { mustFail, type Probe } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { enter } from '../tenant-statements.ts'

/** The row takes B's parents along, and B's own row makes room: nothing but the wall may be in the way. */
export const moveToOther: Probe = {
  name: 'move-to-other',
  promise: 'A does not move its row to B',
  classes: ['tenant'],
  attempts: ({ a, alongside, b, literalOf, references, setting, table, tenantColumn }) => {
    if (a.row === null || b.row === null) return []
    const cells = b.row.cells
    const columns = new Set([tenantColumn, ...references.flatMap((reference) => [...reference.foreign.keys()])])
    const changes = [...columns, ...alongside(columns).keys()].map(
      (column) => `${quoteIdentifier(column)} = ${literalOf(column, cells.get(column) ?? null)}`,
    )
    return [
      {
        statements: [
          ...removeRow({ setting }, b),
          enter(setting, a.organization),
          `update ${quoteName(table)} set ${changes.join(', ')} where ${a.row.address}`,
        ],
        judge: mustFail(['42501'], 'A moved its row to B'),
      },
    ]
  },
}
