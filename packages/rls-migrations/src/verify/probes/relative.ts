import { quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { mustCountNothing, mustFail, mustTouchNothing, noPrivilege, type Attempt, type Probe } from '../probe.ts'
import type { RelativeTarget } from '../probe-target.ts'
import { removeRow } from '../remove-row.ts'
import { countRows, enter } from '../tenant-statements.ts'

/** No row there: the relation cannot be written in that way at all (55000, 0A000), or the row is of another part (23514). */
const notWritten = ['42501', '55000', '0A000', '23514', ...noPrivilege]

/**
 * A partition, a parent, an heir or a view shows the same rows under another name, and each has policies and privileges
 * of its own.
 */
export const relative: Probe = {
  name: 'relative',
  promise: "A reaches B's row through no partition, parent, heir or view of the table",
  classes: ['tenant'],
  attempts: ({ a, b, insertInto, relatives, setting }) => {
    if (b.row === null) return []
    const { address, cells } = b.row
    return relatives
      .filter((one) => !one.reacts)
      .flatMap((one: RelativeTarget): readonly Attempt[] => {
        const name = quoteName(one)
        const column = one.column === null ? null : quoteIdentifier(one.column)
        const asA = (statement: string): readonly string[] => [enter(setting, a.organization), statement]
        return [
          {
            statements: asA(countRows(one, address)),
            judge: mustCountNothing(() => `A read B's row through ${one.display}`, noPrivilege),
          },
          ...(column === null
            ? []
            : [
                {
                  statements: asA(`update ${name} set ${column} = ${column} where ${address}`),
                  judge: mustTouchNothing(`A changed B's row through ${one.display}`, notWritten),
                },
              ]),
          {
            statements: asA(`delete from ${name} where ${address}`),
            judge: mustTouchNothing(`A deleted B's row through ${one.display}`, notWritten),
          },
          ...(one.takesRows
            ? [
                {
                  statements: [...removeRow({ setting }, b), ...asA(insertInto(one, cells))],
                  judge: mustFail(notWritten, `A wrote a row of B through ${one.display}`),
                },
              ]
            : []),
        ]
      })
  },
}
