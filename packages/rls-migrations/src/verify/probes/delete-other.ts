import { quoteName } from '../../sql/identifier.ts'
import { mustTouchNothing, noPrivilege, type Probe } from '../probe.ts'
import { enter } from '../tenant-statements.ts'

export const deleteOther: Probe = {
  name: 'delete-other',
  promise: "A does not delete B's row",
  classes: ['tenant', 'user'],
  attempts: ({ a, b, class: tableClass, setting, table }) =>
    b.row === null
      ? []
      : [
          {
            statements: [enter(setting, a.organization), `delete from ${quoteName(table)} where ${b.row.address}`],
            judge: mustTouchNothing("A deleted B's row", tableClass === 'user' ? noPrivilege : []),
          },
        ],
}
