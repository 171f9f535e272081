import type { Table } from '../../catalog/catalog.ts'
import { displayName } from '../../sql/identifier.ts'
import type { Classification } from '../../classify/classify-tables.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Hazard } from '../plan.ts'

/** What a table becomes, where the host may want something else. */
export function classHazards({ classifications }: PlanContext): Hazard[] {
  const lookups = classifications.filter((one) => one.maybeShared === true && one.class === 'tenant')
  const others = classifications.filter((one) => one.unsupported === true)
  return [...lookups.map(({ table }) => maybeShared(table)), ...others.map(unsupported)]
}

function maybeShared(table: Table): Hazard {
  return {
    id: 'maybe-shared',
    severity: 'notice',
    object: displayName(table),
    message:
      'Looks like a list of values that every organization could share. It is isolated, to be safe; put it under "tables.shared" to share it.',
  }
}

function unsupported({ table, reason }: Classification): Hazard {
  return {
    id: 'table-kind',
    severity: 'blocking',
    object: displayName(table),
    message: `It is ${reason}. The application has no access to it after the cut-over; put it under "tables.skipped" when that is right.`,
  }
}
