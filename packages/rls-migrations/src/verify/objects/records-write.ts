import { displayName, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import type { ControlPlaneTable } from '../control-plane/control-plane-tables.ts'
import { blocked, crossing, describe, mustTouchNothing, unexpected, type Outcome, type Verdict } from '../probe.ts'
import { enter, hasText } from '../tenant-statements.ts'
import type { ObjectAttempt, ObjectProbe, ObjectScene } from './object-probe.ts'

/** Whoever writes a record of B is a member of B tomorrow. What the application may write is its own alone. */
export const recordsWrite: ObjectProbe = {
  name: 'records-write',
  promise: 'A writes, changes and deletes no record of B in the control plane',
  attempts: (scene) =>
    scene.records.flatMap((table) => [insertion(scene, table), ...changes(scene, table), emptying(scene, table)]),
}

/** Policies are asked before any constraint: whatever else is said, the wall was passed. */
function insertion({ a, b, setting }: ObjectScene, table: ControlPlaneTable): ObjectAttempt {
  const object = displayName(table)
  const { tenantColumn } = table
  const row =
    tenantColumn === null ? 'default values' : `(${quoteIdentifier(tenantColumn)}) values (${quoteLiteral(b)})`
  return {
    object,
    statements: [enter(setting, a), `insert into ${quoteName(table)} ${row}`],
    judge: (outcome) =>
      outcome.kind === 'error' && outcome.sqlState === '42501'
        ? blocked
        : crossing(`A wrote a record of B into ${object}: ${describe(outcome)}`),
  }
}

function changes({ a, b, setting }: ObjectScene, table: ControlPlaneTable): readonly ObjectAttempt[] {
  const object = displayName(table)
  const name = quoteName(table)
  const column = quoteIdentifier(table.tenantColumn ?? table.firstColumn)
  const as = (statement: string): readonly string[] => [enter(setting, a), statement]
  const attempt = (privilege: string, statement: string, words: string): ObjectAttempt =>
    table.tenantColumn !== null && table.granted.includes(privilege)
      ? {
          object,
          statements: as(`${statement} where ${hasText(table.tenantColumn, b)}`),
          judge: mustTouchNothing(`A ${words} a record of B in ${object}`),
        }
      : // The privilege is asked before any row is looked for.
        {
          object,
          statements: as(`${statement} where false`),
          judge: mustLackPrivilege(`A may have ${words} ${object}`),
        }
  return [
    attempt('UPDATE', `update ${name} set ${column} = null`, 'changed'),
    attempt('DELETE', `delete from ${name}`, 'deleted'),
    ...(table.tenantColumn !== null && table.granted.includes('UPDATE')
      ? [
          {
            object,
            statements: as(`update ${name} set ${column} = ${quoteLiteral(b)} where ${hasText(table.tenantColumn, a)}`),
            judge: (outcome: Outcome) =>
              outcome.kind === 'error' && outcome.sqlState === '42501'
                ? blocked
                : mustTouchNothing(`A moved a record of its own to B in ${object}`)(outcome),
          },
        ]
      : []),
  ]
}

function emptying({ a, setting }: ObjectScene, table: ControlPlaneTable): ObjectAttempt {
  const object = displayName(table)
  return {
    object,
    statements: [enter(setting, a), `truncate ${quoteName(table)}`],
    judge: (outcome) =>
      outcome.kind === 'error' && outcome.lacksPrivilege ? blocked : crossing(`A may empty ${object}`),
  }
}

function mustLackPrivilege(detail: string): (outcome: Outcome) => Verdict {
  return (outcome) => {
    if (outcome.kind === 'rows') return crossing(detail)
    return outcome.lacksPrivilege ? blocked : unexpected(describe(outcome))
  }
}
