import { quoteName } from '../../sql/identifier.ts'
import { blocked, crossing, describe, mustTouchNothing, unexpected, type Probe } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { enter } from '../tenant-statements.ts'

/** COPY TO is rewritten into a query; COPY FROM would pass the policies by, and the server refuses it under them. */
export const copy: Probe = {
  name: 'copy',
  promise: 'COPY of A reads no row of others, and writes none',
  classes: ['tenant', 'user'],
  attempts: ({ a, setting, table }) => [
    {
      statements: [...removeRow({ setting }, a), enter(setting, a.organization), `copy ${quoteName(table)} to stdout`],
      judge: (outcome) =>
        a.row?.stays === true && outcome.kind === 'rows' && outcome.rowCount === 1
          ? blocked
          : mustTouchNothing('COPY TO of A read rows that are not its own')(outcome),
    },
    {
      statements: [enter(setting, a.organization), `copy ${quoteName(table)} from stdin`],
      judge: (outcome) => {
        if (outcome.kind === 'rows' || outcome.copyBegan) return crossing('COPY FROM of A passes the policies by')
        return outcome.sqlState === '0A000' || outcome.lacksPrivilege ? blocked : unexpected(describe(outcome))
      },
    },
  ],
}
