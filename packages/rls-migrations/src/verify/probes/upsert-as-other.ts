import { quoteColumns, quoteIdentifier } from '../../sql/identifier.ts'
import { crossing, mustFail, type Probe } from '../probe.ts'
import { enter } from '../tenant-statements.ts'

/** The server takes no ON CONFLICT on a table with rules for INSERT or UPDATE. */
const NOT_SUPPORTED = '0A000'

/** The other way around: the row that A proposes is B's very own, and so is the one that it meets. */
export const upsertAsOther: Probe = {
  name: 'upsert-as-other',
  promise: "A's upsert of a row of B neither writes nor changes one",
  classes: ['tenant'],
  attempts: ({ a, b, insert, setting, tenantColumn, uniques }) => {
    if (b.row === null) return []
    const { cells } = b.row
    const column = quoteIdentifier(tenantColumn)
    return uniques.flatMap((unique) => {
      const named = unique.arbiter === null ? '' : `on conflict (${quoteColumns(unique.arbiter)})`
      const actions = [
        ...(named === '' ? [] : [`${named} do nothing`, `${named} do update set ${column} = excluded.${column}`]),
        ...(unique.openConflict ? ['on conflict do nothing'] : []),
      ]
      return actions.map((action) => {
        const detail = `INSERT ... ${action} of A took a row of B (${unique.name})`
        const isRefused = mustFail(['42501', NOT_SUPPORTED], detail)
        return {
          statements: [enter(setting, a.organization), `${insert(cells)} ${action}`],
          // That nothing was written tells what B has.
          judge: (outcome) => (outcome.kind === 'rows' ? crossing(detail) : isRefused(outcome)),
        }
      })
    })
  },
}
