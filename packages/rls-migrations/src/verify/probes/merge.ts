import { quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { mustFail, mustTouchNothing, type Probe } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { enter } from '../tenant-statements.ts'

const MERGE_SINCE = 150000
/** The server merges into no table that has rules. */
const NOT_SUPPORTED = '0A000'

/** MERGE checks policies by rules of its own: those of the row that is found, and those of the row that is made. */
export const merge: Probe = {
  name: 'merge',
  promise: "MERGE of A neither touches B's row nor writes one",
  classes: ['tenant'],
  attempts: ({ a, b, insert, serverVersion, setting, table, tenantColumn }) => {
    if (b.row === null || serverVersion < MERGE_SINCE) return []
    const into = `merge into ${quoteName(table)} using (select) as source on`
    const column = quoteIdentifier(tenantColumn)
    const matched = `${into} (${b.row.address}) when matched then`
    const written = insert(b.row.cells).replace(`insert into ${quoteName(table)}`, 'insert')
    return [
      {
        statements: [enter(setting, a.organization), `${matched} update set ${column} = ${column}`],
        judge: mustTouchNothing("MERGE of A changed B's row", [NOT_SUPPORTED]),
      },
      {
        statements: [enter(setting, a.organization), `${matched} delete`],
        judge: mustTouchNothing("MERGE of A deleted B's row", [NOT_SUPPORTED]),
      },
      {
        statements: [
          ...removeRow({ setting }, b),
          enter(setting, a.organization),
          `${into} false when not matched then ${written}`,
        ],
        judge: mustFail(['42501', NOT_SUPPORTED], 'MERGE of A wrote a row that belongs to B'),
      },
    ]
  },
}
