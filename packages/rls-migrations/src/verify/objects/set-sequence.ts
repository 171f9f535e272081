import { displayName, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { blocked, crossing, describe, unexpected } from '../probe.ts'
import { enter } from '../tenant-statements.ts'
import type { ObjectProbe } from './object-probe.ts'

/** Read-only: the server asks for the privilege first, and refuses the deed afterwards. No rollback would undo it. */
const READ_ONLY = '25006'

export const setSequence: ObjectProbe = {
  name: 'set-sequence',
  promise: 'A sets no sequence, from which everybody draws',
  attempts: ({ a, sequences, setting }) =>
    sequences.map((sequence) => ({
      object: displayName(sequence),
      statements: [
        enter(setting, a),
        'set local transaction_read_only = on',
        `select pg_catalog.setval(${quoteLiteral(quoteName(sequence))}::pg_catalog.regclass, 1)`,
      ],
      judge: (outcome) => {
        if (outcome.kind === 'error' && outcome.sqlState === '42501') return blocked
        return outcome.kind === 'rows' || outcome.sqlState === READ_ONLY
          ? crossing('A may set the sequence')
          : unexpected(describe(outcome))
      },
    })),
}
