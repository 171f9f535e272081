import { quoteName } from '../../sql/identifier.ts'
import { mustCountNothing, type Probe } from '../probe.ts'
import { enter } from '../tenant-statements.ts'

/** An accessor that the planner may fold keeps the organization for which the statement was planned first. */
export const cachedPlan: Probe = {
  name: 'cached-plan',
  promise: 'a prepared statement follows the context',
  classes: ['tenant', 'user'],
  attempts: ({ a, b, setting, statementName, table }) => {
    if (b.row === null) return []
    const prepared = `select pg_catalog.set_config('partywall.probe', pg_catalog.count(*)::pg_catalog.text, true) from ${quoteName(table)} where ${b.row.address}`
    return [
      {
        statements: [
          enter(setting, b.organization),
          `prepare ${statementName} as ${prepared}`,
          `execute ${statementName}`,
          enter(setting, a.organization),
          `execute ${statementName}`,
          // Prepared statements outlive a rollback: it must be gone before the answer is read.
          `deallocate ${statementName}`,
          "select pg_catalog.current_setting('partywall.probe')::int as rows",
        ],
        judge: mustCountNothing(
          () => "a statement that B prepared showed A B's row: an accessor was folded into its plan",
        ),
      },
    ]
  },
}
