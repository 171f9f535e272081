import { mustCountNothing, refusedContext, type Probe } from '../probe.ts'
import { countRows, enter } from '../tenant-statements.ts'

const contexts = [
  { value: null, words: 'without a context' },
  { value: '', words: 'with an empty context' },
  { value: 'not-a-uuid', words: 'with a context that is no id' },
] as const

export const wrongContext: Probe = {
  name: 'wrong-context',
  promise: 'without the context of an organization no row is read',
  classes: ['tenant', 'user'],
  attempts: ({ setting, table }) =>
    contexts.map(({ value, words }) => ({
      statements: [enter(setting, value), countRows(table, 'true')],
      judge: mustCountNothing(
        (rows) => `${rows >= 1000 ? 'at least 1000' : rows} rows were read ${words}`,
        refusedContext,
      ),
    })),
}
