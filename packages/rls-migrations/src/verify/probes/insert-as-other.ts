import { mustFail, type Probe } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { enter } from '../tenant-statements.ts'

export const insertAsOther: Probe = {
  name: 'insert-as-other',
  promise: 'A does not write a row into B',
  classes: ['tenant'],
  attempts: ({ a, b, insert, setting }) =>
    b.row === null
      ? []
      : [
          {
            statements: [...removeRow({ setting }, b), enter(setting, a.organization), insert(b.row.cells)],
            judge: mustFail(['42501'], 'A wrote a row that belongs to B'),
          },
        ],
}
