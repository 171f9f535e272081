import { displayName } from '../../sql/identifier.ts'
import type { ControlPlaneTable } from '../control-plane/control-plane-tables.ts'
import { blocked, crossing, describe, mustCountNothing, noPrivilege, refusedContext, unexpected } from '../probe.ts'
import { countRows, enter, hasText } from '../tenant-statements.ts'
import type { ObjectAttempt, ObjectProbe, ObjectScene } from './object-probe.ts'

/** Members, invitations, keys, subscriptions, events: what the tool keeps of an organization is behind the same wall. */
export const recordsRead: ObjectProbe = {
  name: 'records-read',
  promise: "A reads no record of B in the control plane, and nothing that is the operator's",
  attempts: (scene) => scene.records.flatMap((table) => attemptsOn(scene, table)),
}

function attemptsOn({ a, b, setting }: ObjectScene, table: ControlPlaneTable): readonly ObjectAttempt[] {
  const object = displayName(table)
  const isGranted = table.granted.includes('SELECT')
  if (!isGranted)
    return [
      {
        object,
        statements: [enter(setting, a), countRows(table, 'true')],
        judge: (outcome) => {
          if (outcome.kind === 'rows') return crossing(`A may read ${object}`)
          return outcome.lacksPrivilege ? blocked : unexpected(describe(outcome))
        },
      },
    ]
  // What no organization owns is the same for all of them.
  if (table.tenantColumn === null) return []
  const ofB = hasText(table.tenantColumn, b)
  return [
    {
      object,
      statements: [enter(setting, a), countRows(table, ofB)],
      judge: mustCountNothing(() => `A read a record of B in ${object}`, noPrivilege),
    },
    {
      object,
      statements: [enter(setting, a), countRows(table, `not ${hasText(table.tenantColumn, a)}`)],
      judge: mustCountNothing(() => `A read records of others in ${object}`, noPrivilege),
    },
    {
      object,
      statements: [enter(setting, ''), countRows(table, 'true')],
      judge: mustCountNothing(
        () => `records were read in ${object} without a context`,
        [...refusedContext, ...noPrivilege],
      ),
    },
  ]
}
