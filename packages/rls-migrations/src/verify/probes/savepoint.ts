import { mustCountNothing, refusedContext, type Probe } from '../probe.ts'
import { countRows, enter } from '../tenant-statements.ts'

const open = 'savepoint partywall_context'
const back = 'rollback to savepoint partywall_context'

/** A rollback to a savepoint takes the context back with it: to that of before, and never to one that shows rows. */
export const savepoint: Probe = {
  name: 'savepoint',
  promise: 'a context ends with its savepoint',
  classes: ['tenant', 'user'],
  attempts: ({ a, b, setting, table }) => [
    ...(b.row === null
      ? []
      : [
          {
            statements: [
              enter(setting, a.organization),
              open,
              enter(setting, b.organization),
              back,
              countRows(table, b.row.address),
            ],
            judge: mustCountNothing(() => "A read B's row in a context that was rolled back"),
          },
        ]),
    {
      statements: [enter(setting, ''), open, enter(setting, b.organization), back, countRows(table, 'true')],
      judge: mustCountNothing((rows) => `${rows} rows were read in a context that was rolled back`, refusedContext),
    },
  ],
}
