import { mustFail, type Probe } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { enter } from '../tenant-statements.ts'

/** RLS does not look at the parent of a foreign key: only the composite key does. B's own child makes room first. */
export const referenceOther: Probe = {
  name: 'reference-other',
  promise: "A's row does not reference a row of B",
  classes: ['tenant'],
  attempts: ({ a, alongside, b, insert, references, setting }) =>
    references.map((reference) => ({
      statements: [
        ...removeRow({ setting }, b),
        ...removeRow({ setting }, a),
        enter(setting, a.organization),
        insert(new Map([...(a.row?.cells ?? []), ...alongside(reference.foreign.keys()), ...reference.foreign])),
      ],
      judge: mustFail(['23503'], `a row of A references a row of B in ${reference.parent} (${reference.constraint})`),
    })),
}
