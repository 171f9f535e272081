import { mustCountNothing, refusedContext, type Probe } from '../probe.ts'
import { countRows } from '../tenant-statements.ts'

/** A connection goes back to the pool: the next transaction on it must not be in A still. */
export const staleContext: Probe = {
  name: 'stale-context',
  promise: 'a context ends with its transaction',
  classes: ['tenant', 'user'],
  attempts: ({ table }) => [
    {
      stage: 'afterwards',
      statements: [countRows(table, 'true')],
      judge: mustCountNothing(
        (rows) => `${rows >= 1000 ? 'at least 1000' : rows} rows were read after the transaction of A was over`,
        refusedContext,
      ),
    },
  ],
}
