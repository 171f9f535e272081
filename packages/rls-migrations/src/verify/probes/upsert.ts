import { quoteColumns, quoteIdentifier } from '../../sql/identifier.ts'
import { blocked, crossing, describe, unexpected, type Outcome, type Probe, type Verdict } from '../probe.ts'
import type { UniqueTarget } from '../probe-target.ts'
import { removeRow } from '../remove-row.ts'
import { enter } from '../tenant-statements.ts'

/** An upsert that meets a hidden row writes nothing, or fails: both tell A what B has. */
export const upsert: Probe = {
  name: 'upsert',
  promise: "A's upsert with a key of B writes a row of A",
  classes: ['tenant'],
  since: 'contract',
  attempts: ({ a, insert, setting, tenantColumn, uniques }) =>
    uniques.flatMap((unique) => {
      const column = quoteIdentifier(tenantColumn)
      const named = unique.arbiter === null ? '' : `on conflict (${quoteColumns(unique.arbiter)})`
      const actions = [
        ...(named === '' ? [] : [`${named} do nothing`, `${named} do update set ${column} = excluded.${column}`]),
        ...(unique.openConflict ? ['on conflict do nothing'] : []),
      ]
      return actions.map((action) => ({
        statements: [
          ...removeRow({ setting }, a),
          enter(setting, a.organization),
          `${insert(new Map([...(a.row?.cells ?? []), ...unique.foreign]))} ${action}`,
        ],
        judge: (outcome: Outcome) => judge(outcome, unique, action),
      }))
    }),
}

function judge(outcome: Outcome, unique: UniqueTarget, action: string): Verdict {
  if (outcome.kind === 'rows') {
    return outcome.rowCount === 1
      ? blocked
      : crossing(`INSERT ... ${action} wrote nothing, because of a row of B (${unique.name})`)
  }
  if (outcome.sqlState === '42501' && !outcome.lacksPrivilege)
    return crossing(`INSERT ... ON CONFLICT DO UPDATE met a row of B (${unique.name})`)
  if (outcome.sqlState === '23505')
    return crossing(`an upsert of A met a row of B (${outcome.constraint ?? unique.name})`)
  return unique.references && outcome.sqlState === '23503' ? blocked : unexpected(describe(outcome))
}
