import { quoteName } from '../../sql/identifier.ts'
import { blocked, crossing, describe, unexpected, type Probe } from '../probe.ts'
import { enter } from '../tenant-statements.ts'

/** TRUNCATE asks no policy. The privilege is checked before any lock is taken. */
export const truncate: Probe = {
  name: 'truncate',
  promise: 'A does not empty the table',
  classes: ['tenant', 'user'],
  attempts: ({ a, setting, table }) => [
    {
      statements: [enter(setting, a.organization), `truncate ${quoteName(table)}`],
      judge: (outcome) => {
        if (outcome.kind === 'rows') return crossing('A emptied the table for everybody')
        // Refused for a reason that is no privilege: the keys of other tables were in the way, and nothing else.
        if (outcome.sqlState === '0A000') return crossing('A may empty the table, were it not for the keys of others')
        return outcome.lacksPrivilege ? blocked : unexpected(describe(outcome))
      },
    },
  ],
}
