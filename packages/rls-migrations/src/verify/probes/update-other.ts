import { quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { mustTouchNothing, noPrivilege, type Probe } from '../probe.ts'
import { enter } from '../tenant-statements.ts'

export const updateOther: Probe = {
  name: 'update-other',
  promise: "A does not change B's row",
  classes: ['tenant', 'user'],
  attempts: ({ a, b, class: tableClass, setting, table, tenantColumn }) => {
    if (b.row === null) return []
    // Any other column will do where the tenant's is the key, which the server may let nobody set.
    const other = [...b.row.cells.keys()].find((name) => name !== tenantColumn)
    const column = quoteIdentifier(tableClass === 'tenant' ? tenantColumn : (other ?? tenantColumn))
    return [
      {
        statements: [
          enter(setting, a.organization),
          `update ${quoteName(table)} set ${column} = ${column} where ${b.row.address}`,
        ],
        judge: mustTouchNothing("A changed B's row", tableClass === 'user' ? noPrivilege : []),
      },
    ]
  },
}
