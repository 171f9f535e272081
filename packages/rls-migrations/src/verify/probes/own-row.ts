import { blocked, describe, unexpected, type Probe } from '../probe.ts'
import { countRows, enter } from '../tenant-statements.ts'

/** Each organization sees its own row; where it does not, the table is unproved: that B's is not seen means nothing. */
export const ownRow: Probe = {
  name: 'own-row',
  promise: 'each organization sees its own row',
  classes: ['tenant', 'user'],
  attempts: ({ a, b, setting, table }) =>
    [a, b].flatMap(({ organization, row }) => {
      if (row === null) return []
      return [
        {
          statements: [enter(setting, organization), countRows(table, row.address)],
          judge: (outcome) =>
            outcome.kind === 'rows' && Number(outcome.rows[0]?.['rows']) === 1
              ? blocked
              : unexpected(`an organization does not see its own row: ${describe(outcome)}`),
        },
      ]
    }),
}
