import { blocked, crossing, describe, unexpected, type Probe } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { enter } from '../tenant-statements.ts'

/** The default of the column says whose a row is that names nobody: also of a partition or an heir, which has one of its own. */
export const defaultOwner: Probe = {
  name: 'default-owner',
  promise: "a row that A writes without naming an organization is A's",
  classes: ['tenant'],
  attempts: ({ a, insert, setting, tenantColumn }) => {
    if (a.row === null) return []
    const unnamed = new Map([...a.row.cells].filter(([column]) => column !== tenantColumn))
    return [
      {
        statements: [...removeRow({ setting }, a), enter(setting, a.organization), insert(unnamed)],
        judge: (outcome) => {
          if (outcome.kind === 'rows') return outcome.rowCount === 1 ? blocked : unexpected('no row was written')
          // A column without a default lets nobody leave the organization out.
          if (outcome.sqlState === '23502') return blocked
          return outcome.sqlState === '42501' && !outcome.lacksPrivilege
            ? crossing('a row of A that names no organization is that of another')
            : unexpected(describe(outcome))
        },
      },
    ]
  },
}
