import { displayName, quoteLiteral, quoteName, type QualifiedName } from '../../sql/identifier.ts'
import { lacksTablePrivileges } from '../checks.ts'
import type { Granted, PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'
import { takeFromPublic, warnOfTaking, type Taking } from '../take-from-public.ts'

const everything = ['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'] as const

/**
 * Keeps the application out of what is not converted: tables that are skipped, materialized views. What PUBLIC holds,
 * the application holds; the roles that use the database today keep it in their own name.
 */
export function planWithholdRelation(
  context: PlanContext,
  relation: QualifiedName & Granted & { readonly owner: string },
): Step {
  const { app } = context.settings.roles
  const name = displayName(relation)
  const taking = takeFromPublic(context, relation, () => true)
  warnOfTaking(context, relation, taking)
  const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false } as const
  return {
    ...instant,
    id: `expand/${name}/withhold`,
    phase: 'expand',
    kind: 'grant',
    table: name,
    summary: `keep the application out of ${name}`,
    statements: taking.statements,
    checks: [{ object: `${name} withheld from ${app}`, sql: lacksTablePrivileges(app, relation, everything) }],
    inverse:
      taking.inverse.length === 0
        ? []
        : [
            {
              ...instant,
              id: `undo/${name}/withhold`,
              stage: 'access',
              summary: `give ${name} back to PUBLIC`,
              statements: taking.inverse,
              checks: [{ object: `privileges of PUBLIC on ${name}`, sql: publicHolds(relation, taking) }],
            },
          ],
  }
}

function publicHolds(relation: QualifiedName, { privileges, columns }: Taking): string {
  const oid = `to_regclass(${quoteLiteral(quoteName(relation))})`
  const wanted = (names: readonly string[]): string =>
    `array[${names.map((name) => quoteLiteral(name.toUpperCase())).join(', ')}]::text[]`
  const whole = `${wanted(privileges)} <@ array(select g.privilege_type from pg_class c, aclexplode(c.relacl) g where c.oid = ${oid} and g.grantee = 0)`
  const single = columns.map(
    ({ column, privilege }) =>
      `exists (select from pg_attribute a, aclexplode(a.attacl) g where a.attrelid = ${oid} and a.attname = ${quoteLiteral(column)} and g.grantee = 0 and g.privilege_type = ${quoteLiteral(privilege.toUpperCase())})`,
  )
  return [whole, ...single].join(' and ')
}
