import { blocked, crossing, describe, unexpected, type Probe } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { enter } from '../tenant-statements.ts'

/** "Duplicate key" about a row that A cannot see tells A what B has. */
export const sameKey: Probe = {
  name: 'same-key',
  promise: 'A may use a key that B uses',
  classes: ['tenant'],
  since: 'contract',
  attempts: ({ a, insert, setting, uniques }) =>
    uniques.map((unique) => ({
      statements: [
        ...removeRow({ setting }, a),
        enter(setting, a.organization),
        insert(new Map([...(a.row?.cells ?? []), ...unique.foreign])),
      ],
      judge: (outcome) => {
        if (outcome.kind === 'rows') return outcome.rowCount === 1 ? blocked : unexpected('no row was written')
        if (outcome.sqlState === '23505')
          return crossing(`"duplicate key" tells A what B has (${outcome.constraint ?? unique.name})`)
        return unique.references && outcome.sqlState === '23503' ? blocked : unexpected(describe(outcome))
      },
    })),
}
