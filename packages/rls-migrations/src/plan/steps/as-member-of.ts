import { quoteIdentifier } from '../../sql/identifier.ts'
import type { PlanContext } from '../plan-context.ts'

/**
 * Statements that need the rights of one of our roles, for the length of their transaction. A membership that inherits
 * must not last: an owner who inherits from the application's role would be bound by its policies once FORCE is on.
 * From 16 on one that inherits nothing stays; before, every membership inherits, so none does.
 */
export function asMemberOf(context: PlanContext, role: string, statements: readonly string[]): readonly string[] {
  const { catalog, settings } = context
  if (catalog.login.superuser) return statements
  const grant = `grant ${quoteIdentifier(role)} to ${quoteIdentifier(settings.login)}`
  if (catalog.serverVersion >= 160000)
    return [`${grant} with inherit true, set true`, ...statements, `${grant} with inherit false, set true`]
  return [grant, ...statements, `revoke ${quoteIdentifier(role)} from ${quoteIdentifier(settings.login)}`]
}
