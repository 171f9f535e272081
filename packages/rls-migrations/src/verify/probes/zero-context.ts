import { mustCountNothing, refusedContext, type Probe } from '../probe.ts'
import { countRows, enter } from '../tenant-statements.ts'

/** What software leaves in a variable that nobody set: no organization has it, and it must be no master key. */
const zeros = ['00000000-0000-0000-0000-000000000000', '0'] as const

export const zeroContext: Probe = {
  name: 'zero-context',
  promise: 'an id of zeros opens nothing',
  classes: ['tenant', 'user'],
  attempts: ({ setting, table }) =>
    zeros.map((zero) => ({
      statements: [enter(setting, zero), countRows(table, 'true')],
      judge: mustCountNothing(
        (rows) => `${rows >= 1000 ? 'at least 1000' : rows} rows were read in the context ${zero}`,
        refusedContext,
      ),
    })),
}
