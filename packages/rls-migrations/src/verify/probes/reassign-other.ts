import { quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { mustFail, type Probe } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { enter } from '../tenant-statements.ts'

/** The same as a reference from the start: updates are checked by a trigger of their own. */
export const reassignOther: Probe = {
  name: 'reassign-other',
  promise: "A's row is not changed to reference a row of B",
  classes: ['tenant'],
  attempts: ({ a, alongside, b, literalOf, references, setting, table }) =>
    references.map((reference) => {
      const changes = [...reference.foreign, ...alongside(reference.foreign.keys())].map(
        ([column, text]) => `${quoteIdentifier(column)} = ${literalOf(column, text)}`,
      )
      return {
        statements: [
          ...removeRow({ setting }, b),
          enter(setting, a.organization),
          `update ${quoteName(table)} set ${changes.join(', ')} where ${a.row?.address ?? 'false'}`,
        ],
        judge: mustFail(
          // During expand a trigger derives the organization of B, and the policy refuses it.
          ['23503', '42501'],
          `a row of A was changed to reference a row of B in ${reference.parent} (${reference.constraint})`,
        ),
      }
    }),
}
