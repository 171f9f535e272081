import { mustCountNothing, type Probe } from '../probe.ts'
import { countRows, enter } from '../tenant-statements.ts'

export const readByKey: Probe = {
  name: 'read-by-key',
  promise: "A does not read B's row by its key",
  classes: ['tenant', 'user'],
  attempts: ({ a, b, setting, table }) =>
    b.row === null
      ? []
      : [
          {
            statements: [enter(setting, a.organization), countRows(table, b.row.address)],
            judge: mustCountNothing(() => "A read B's row by its key"),
          },
        ],
}
