import { quoteIdentifier } from '../../sql/identifier.ts'
import { databaseIs, not } from '../checks.ts'
import { heirsOfPublic } from '../heirs-of-public.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'

/**
 * Takes TEMPORARY on the database from PUBLIC, which has it by default. A temporary table belongs to the connection and
 * stands in front of the real one of its name: what one organization leaves in it, the next one on that connection reads.
 */
export function planWithholdTemporary(context: PlanContext): readonly Step[] {
  const { databaseAccess: access, database } = context.catalog
  if (!access.grants.some((grant) => grant.role === 'public' && grant.privileges.includes('TEMPORARY'))) return []
  const name = quoteIdentifier(database)
  const login = context.settings.login === access.owner ? [] : [context.settings.login]
  const heirs = [...new Set([...heirsOfPublic(context, access, 'TEMPORARY'), ...login])].map(quoteIdentifier).join(', ')
  const object = 'TEMPORARY on the database withheld from PUBLIC'
  const open = databaseIs(
    `exists (select from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) g where g.grantee = 0 and g.privilege_type = 'TEMPORARY')`,
  )
  // The owner of the tables is not always the owner of the database.
  const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false, privileged: true } as const
  return [
    {
      ...instant,
      id: 'expand/database/temporary',
      phase: 'expand',
      kind: 'grant',
      table: null,
      summary: 'keep the application from making temporary objects, which outlive a request',
      statements: [
        ...(heirs === '' ? [] : [`grant temporary on database ${name} to ${heirs}`]),
        `revoke temporary on database ${name} from public`,
      ],
      checks: [{ object, sql: not(open) }],
      inverse: [
        {
          ...instant,
          id: 'undo/database/temporary',
          stage: 'access',
          summary: 'let PUBLIC make temporary objects again',
          statements: [
            `grant temporary on database ${name} to public`,
            ...(heirs === '' ? [] : [`revoke temporary on database ${name} from ${heirs}`]),
          ],
          checks: [{ object, sql: open }],
        },
      ],
    },
  ]
}
