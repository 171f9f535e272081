import type { View } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { isViewInvoker, not, relationOwnerIs } from '../checks.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'
import { asMemberOf } from './as-member-of.ts'

/** The version whose views can run with the rights of whoever asks. */
export const INVOKER_VIEWS = 150000

/** Makes a view obey the policies of whoever asks; as it is, it reads with the rights of its owner, whom none binds. */
export function planView(context: PlanContext, view: View): readonly Step[] {
  if (view.kind === 'materialized' || view.securityInvoker === true) return []
  return [context.catalog.serverVersion >= INVOKER_VIEWS ? invokerStep(view) : ownerStep(context, view)]
}

function invokerStep(view: View): Step {
  const name = displayName(view)
  const object = `security_invoker of view ${name}`
  const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const
  const before = view.securityInvoker === null ? 'reset (security_invoker)' : 'set (security_invoker = false)'
  return {
    ...instant,
    id: `expand/${name}/view`,
    phase: 'expand',
    kind: 'view',
    table: name,
    summary: `let the view ${name} run with the rights of its reader`,
    statements: [`alter view ${quoteName(view)} set (security_invoker = true)`],
    checks: [{ object, sql: isViewInvoker(view) }],
    inverse: [
      {
        ...instant,
        id: `undo/${name}/view`,
        stage: 'access',
        summary: `let the view ${name} run with the rights of its owner again`,
        statements: [`alter view ${quoteName(view)} ${before}`],
        checks: [{ object, sql: not(isViewInvoker(view)) }],
      },
    ],
  }
}

/** Before 15: an owner whom the policies bind. */
function ownerStep(context: PlanContext, view: View): Step {
  const name = displayName(view)
  const { definer } = context.settings.roles
  const object = `owner of view ${name}`
  const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const
  const schema = quoteIdentifier(view.schema)
  return {
    ...instant,
    id: `expand/${name}/view`,
    phase: 'expand',
    kind: 'view',
    table: name,
    summary: `give the view ${name} an owner whom the policies bind`,
    statements: asMemberOf(context, definer, [
      `grant create on schema ${schema} to ${quoteIdentifier(definer)}`,
      `alter view ${quoteName(view)} owner to ${quoteIdentifier(definer)}`,
      `revoke create on schema ${schema} from ${quoteIdentifier(definer)}`,
    ]),
    checks: [{ object, sql: relationOwnerIs(view, definer) }],
    inverse: [
      {
        ...instant,
        id: `undo/${name}/view`,
        stage: 'access',
        summary: `give the view ${name} back to ${view.owner}`,
        statements: asMemberOf(context, definer, [
          `alter view ${quoteName(view)} owner to ${quoteIdentifier(view.owner)}`,
        ]),
        // True as well when the host has dropped the view since.
        checks: [{ object, sql: not(relationOwnerIs(view, definer)) }],
      },
    ],
  }
}
