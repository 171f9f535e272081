import { mustCountNothing, type Probe } from '../probe.ts'
import { countRows, enter, hasText } from '../tenant-statements.ts'

/** A user-level table shows A nobody at all: A has no members. */
export const readAll: Probe = {
  name: 'read-all',
  promise: 'A reads no row that is not its own',
  classes: ['tenant', 'user'],
  attempts: ({ a, class: tableClass, setting, table, tenantColumn }) => {
    const foreign = tableClass === 'user' ? 'true' : `not ${hasText(tenantColumn, a.organization)}`
    return [
      {
        statements: [enter(setting, a.organization), countRows(table, foreign)],
        judge: mustCountNothing((rows) => `A read ${rows >= 1000 ? 'at least 1000' : rows} rows that are not its own`),
      },
    ]
  },
}
