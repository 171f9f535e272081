import type { Grant } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName, type QualifiedName } from '../../sql/identifier.ts'
import { lacksTablePrivileges } from '../checks.ts'
import { heirsOfPublic } from '../heirs-of-public.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'

const everything = ['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'] as const

/**
 * Keeps the application out of what is not converted: tables that are skipped, materialized views. What PUBLIC holds,
 * the application holds; the roles that use the database today keep it in their own name.
 */
export function planWithholdRelation(
  context: PlanContext,
  relation: QualifiedName & { readonly owner: string; readonly grants: readonly Grant[] },
): Step {
  const { app } = context.settings.roles
  const name = displayName(relation)
  const open =
    relation.grants.find((grant) => grant.role === 'public')?.privileges.map((privilege) => privilege.toLowerCase()) ??
    []
  const heirs = open.length === 0 ? [] : heirsOfPublic(context, relation).map(quoteIdentifier)
  const privileges = open.join(', ')
  const on = `${privileges} on ${quoteName(relation)}`
  const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false } as const
  return {
    ...instant,
    id: `expand/${name}/withhold`,
    phase: 'expand',
    kind: 'grant',
    table: name,
    summary: `keep the application out of ${name}`,
    statements: open.length === 0 ? [] : [...heirs.map((heir) => `grant ${on} to ${heir}`), `revoke ${on} from public`],
    checks: [{ object: `${name} withheld from ${app}`, sql: lacksTablePrivileges(app, relation, everything) }],
    inverse:
      open.length === 0
        ? []
        : [
            {
              ...instant,
              id: `undo/${name}/withhold`,
              stage: 'access',
              summary: `give ${name} back to PUBLIC`,
              statements: [`grant ${on} to public`, ...heirs.map((heir) => `revoke ${on} from ${heir}`)],
              checks: [{ object: `privileges of PUBLIC on ${name}`, sql: publicHolds(relation, open) }],
            },
          ],
  }
}

function publicHolds(relation: QualifiedName, privileges: readonly string[]): string {
  const wanted = privileges.map((privilege) => `'${privilege.toUpperCase()}'`).join(', ')
  return `array[${wanted}] <@ array(select g.privilege_type from pg_class c, aclexplode(c.relacl) g where c.oid = to_regclass('${quoteName(relation).replaceAll("'", "''")}') and g.grantee = 0)`
}
