import type { Table } from '../../catalog/catalog.ts'
import { hasParents } from '../../catalog/partition-tree.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'

/**
 * A table that comes after a second organization may hold rows of both, and nothing tells whose they are: to give them
 * to the first would hand over what is not its own.
 */
export function planOneOwner(context: PlanContext, table: Table): readonly Step[] {
  const { settings, converted } = context
  const isNew = context.root === undefined && converted.length > 0 && !converted.includes(table)
  if (!isNew || hasParents(table) || table.columns.some((column) => column.name === settings.tenantColumn)) return []
  const name = displayName(table)
  const organizations = `${quoteIdentifier(settings.controlSchema)}.organizations`
  const message = `${name} has rows, and there are several organizations: nothing tells whose the rows are. Add the column ${settings.tenantColumn} with the right values yourself, or empty the table, then run the command again.`
  return [
    {
      id: `expand/${name}/one-owner`,
      phase: 'expand',
      kind: 'precondition',
      table: name,
      summary: `look whether the rows of ${name} can only be of "${settings.defaultOrganization?.slug}"`,
      mode: 'transaction',
      statements: [
        `do $owner$ begin if exists (select from ${organizations} where not is_default) and exists (select from ${quoteName(table)}) then raise exception using errcode = '23514', message = ${quoteLiteral(message)}; end if; end $owner$`,
      ],
      lock: 'ACCESS SHARE',
      scans: false,
      rewrites: false,
      // A fact of the rows, and none of the catalog: once the column stands, the journal tells that it was looked at.
      checks: [],
      inverse: [],
    },
  ]
}
