import type { Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { constraintExists, keyIs, not } from '../checks.ts'
import type { Step } from '../step.ts'

export interface AttachedKey {
  /** The name of the index, and of the constraint that it becomes. */
  readonly name: string
  readonly columns: readonly string[]
  readonly deferrable?: boolean
  readonly deferred?: boolean
}

/** Turns a unique index that stands already into a constraint: an instant, where building one would block. */
export function attachKeyStep(kind: Step['kind'], table: Table, key: AttachedKey): Step {
  const name = displayName(table)
  const object = `unique key ${key.name} on ${name}`
  const timing =
    key.deferrable === true ? ` deferrable initially ${key.deferred === true ? 'deferred' : 'immediate'}` : ''
  const alter = `alter table ${quoteName(table)}`
  const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const
  return {
    ...instant,
    id: `expand/${name}/key-${key.name}`,
    phase: 'expand',
    kind,
    table: name,
    summary: `make it the key ${key.name} of ${name}`,
    statements: [
      `${alter} add constraint ${quoteIdentifier(key.name)} unique using index ${quoteIdentifier(key.name)}${timing}`,
    ],
    checks: [{ object, sql: keyIs(table, key.name, key.columns) }],
    inverse: [
      {
        ...instant,
        id: `undo/${name}/key-${key.name}`,
        stage: 'wide-indexes',
        summary: `drop key ${key.name} of ${name}`,
        statements: [`${alter} drop constraint ${quoteIdentifier(key.name)}`],
        checks: [{ object, sql: not(constraintExists(table, key.name)) }],
      },
    ],
  }
}
