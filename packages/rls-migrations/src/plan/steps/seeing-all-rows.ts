import { quoteIdentifier, quoteLiteral, sameName, type QualifiedName } from '../../sql/identifier.ts'
import type { PlanContext } from '../plan-context.ts'
import { asMemberOf } from './as-member-of.ts'

/**
 * Statements that read whole tables, of which some are under FORCE already, as they are when a table is added to a
 * database that is enforced. For the length of their transaction the owner is a member of the operator, whose policy
 * shows every row: without it a validation would see none, and succeed.
 */
export function seeingAllRows(
  context: PlanContext,
  tables: readonly QualifiedName[],
  statements: readonly string[],
): readonly string[] {
  const { operator } = context.settings.roles
  const isForced = context.converted.some(
    (table) => table.forceRowSecurity && tables.some((one) => sameName(one, table)),
  )
  if (!isForced || context.catalog.login.superuser) return statements
  const member = `pg_has_role(current_user, ${quoteLiteral(quoteIdentifier(operator))}::regrole, 'usage')`
  const message = `the policies would hide rows from this proof: make the login a member of ${operator}`
  return asMemberOf(context, operator, [
    'set local row_security = on',
    `do $seeing$ begin if not ${member} then raise exception using errcode = '42501', message = ${quoteLiteral(message)}; end if; end $seeing$`,
    ...statements,
  ])
}
