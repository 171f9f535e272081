import { quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import {
  blocked,
  mustCountNothing,
  type Attempt,
  type Outcome,
  type Probe,
  type ProbeTarget,
  type Verdict,
} from '../probe.ts'
import type { RelativeTarget } from '../probe-target.ts'
import { removeRow } from '../remove-row.ts'
import { countRows, enter } from '../tenant-statements.ts'

/**
 * An INSTEAD OF trigger or a rule does what it likes with what is written to a view, and says of it what it likes. So B looks
 * after its row itself.
 */
export const standIn: Probe = {
  name: 'stand-in',
  promise: "what A writes to a view with triggers or rules of its own leaves B's row as it was, and makes none",
  classes: ['tenant'],
  attempts: (target) => target.relatives.filter((one) => one.reacts).flatMap((one) => attemptsOn(target, one)),
}

function attemptsOn(target: ProbeTarget, view: RelativeTarget): readonly Attempt[] {
  const { a, b, insertInto, setting, table } = target
  if (b.row === null) return []
  const { address, cells } = b.row
  const name = quoteName(view)
  const place = "pg_catalog.current_setting('partywall.probe')"
  const marked = [
    enter(setting, b.organization),
    `select pg_catalog.set_config('partywall.probe', ctid::pg_catalog.text, true) from ${quoteName(table)} where ${address}`,
    enter(setting, a.organization),
  ]
  const untouched = [
    enter(setting, b.organization),
    `select 1 - pg_catalog.count(*)::int as rows from ${quoteName(table)} where ${address} and ctid operator(pg_catalog.=) ${place}::pg_catalog.tid`,
  ]
  const column = view.column === null ? null : quoteIdentifier(view.column)
  return [
    ...(view.takesRows
      ? [
          {
            statements: [
              ...removeRow({ setting }, b),
              enter(setting, a.organization),
              insertInto(view, cells),
              enter(setting, b.organization),
              countRows(table, address),
            ],
            judge: seenByB(`A wrote a row of B through ${view.display}`),
          },
        ]
      : []),
    ...(column === null
      ? []
      : [
          {
            statements: [...marked, `update ${name} set ${column} = ${column} where ${address}`, ...untouched],
            judge: seenByB(`A changed B's row through ${view.display}`),
          },
        ]),
    {
      statements: [...marked, `delete from ${name} where ${address}`, ...untouched],
      judge: seenByB(`A deleted B's row through ${view.display}`),
    },
  ]
}

/** What was refused, for whatever reason, did not happen. */
function seenByB(detail: string): (outcome: Outcome) => Verdict {
  const judge = mustCountNothing(() => detail)
  return (outcome) => (outcome.kind === 'error' ? blocked : judge(outcome))
}
