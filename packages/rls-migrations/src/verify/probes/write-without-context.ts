import { mustFail, refusedContext, type Probe } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { enter } from '../tenant-statements.ts'

/** Whether the row names its organization or leaves it to the default of the column. */
export const writeWithoutContext: Probe = {
  name: 'write-without-context',
  promise: 'without a context no row is written',
  classes: ['tenant'],
  attempts: ({ a, insert, setting, tenantColumn }) => {
    if (a.row === null) return []
    const cells = a.row.cells
    const unnamed = new Map([...cells].filter(([column]) => column !== tenantColumn))
    return [cells, unnamed].map((row) => ({
      statements: [...removeRow({ setting }, a), enter(setting, ''), insert(row)],
      judge: mustFail(refusedContext, 'a row was written without a context'),
    }))
  },
}
