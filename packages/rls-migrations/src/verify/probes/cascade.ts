import { blocked, crossing, describe, unexpected, type Probe } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { countRows, enter, hasText } from '../tenant-statements.ts'

/** Referential actions ignore policies: whoever deletes a parent reaches every child of it. */
export const cascade: Probe = {
  name: 'cascade',
  promise: "a deletion in B does not reach A's rows",
  classes: ['tenant'],
  attempts: ({ a, b, insert, references, setting, table, tenantColumn }) =>
    references
      .filter((reference) => reference.cascades)
      .map((reference) => {
        const cells = new Map([...(a.row?.cells ?? []), ...reference.foreign])
        return {
          statements: [
            ...removeRow({ setting }, b),
            ...removeRow({ setting }, a),
            enter(setting, a.organization),
            insert(cells),
            enter(setting, b.organization),
            reference.deleteParent,
            enter(setting, a.organization),
            // A's only row: counted by its organization, since its key may name the parent.
            countRows(table, hasText(tenantColumn, a.organization)),
          ],
          judge: (outcome) => {
            if (outcome.kind === 'error') return outcome.sqlState === '23503' ? blocked : unexpected(describe(outcome))
            if (Number(outcome.rows[0]?.['rows']) > 0)
              return crossing(
                `a row of A hung on a row of B in ${reference.parent} when B deleted it (${reference.constraint})`,
              )
            return crossing(
              `B deleted its row in ${reference.parent}, and a row of A was gone (${reference.constraint})`,
            )
          },
        }
      }),
}
