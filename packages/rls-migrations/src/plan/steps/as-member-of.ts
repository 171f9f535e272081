import { quoteIdentifier } from '../../sql/identifier.ts'
import type { PlanContext } from '../plan-context.ts'

/**
 * Statements that need the login to be a member of one of our roles. From 16 on the login holds a membership that
 * inherits nothing. Before, a membership always inherits, and an owner who inherits from the application's role would
 * be bound by its policies once FORCE is on: there the membership lasts only as long as the transaction.
 */
export function asMemberOf(context: PlanContext, role: string, statements: readonly string[]): readonly string[] {
  const { catalog, settings } = context
  if (catalog.login.superuser || catalog.serverVersion >= 160000) return statements
  const [member, login] = [quoteIdentifier(role), quoteIdentifier(settings.login)]
  return [`grant ${member} to ${login}`, ...statements, `revoke ${member} from ${login}`]
}
