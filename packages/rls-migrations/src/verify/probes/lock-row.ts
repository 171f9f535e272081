import { quoteName } from '../../sql/identifier.ts'
import { mustTouchNothing, noPrivilege, type Probe } from '../probe.ts'
import { enter } from '../tenant-statements.ts'

export const lockRow: Probe = {
  name: 'lock-row',
  promise: "A does not lock B's row",
  classes: ['tenant', 'user'],
  attempts: ({ a, b, class: tableClass, setting, table }) =>
    b.row === null
      ? []
      : [
          {
            statements: [
              enter(setting, a.organization),
              `select from ${quoteName(table)} where ${b.row.address} for update`,
            ],
            // The people's table is read only for the application.
            judge: mustTouchNothing(
              "A locked B's row with SELECT ... FOR UPDATE",
              tableClass === 'user' ? noPrivilege : [],
            ),
          },
        ],
}
