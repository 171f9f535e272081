import { quoteIdentifier } from '../../sql/identifier.ts'
import { not, publicMayCreateIn } from '../checks.ts'
import { heirsOfPublic } from '../heirs-of-public.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'

/**
 * Takes CREATE on the schemas of the host from PUBLIC, which has it in `public` before PostgreSQL 15: a table that the
 * application makes is a table that nobody put a wall around. Who uses the database today keeps it.
 */
export function planWithholdSchemas(context: PlanContext): readonly Step[] {
  const open = context.catalog.schemas.filter((schema) =>
    schema.grants.some((grant) => grant.role === 'public' && grant.privileges.includes('CREATE')),
  )
  return open.map((schema) => {
    const name = quoteIdentifier(schema.name)
    const login = context.settings.login === schema.owner ? [] : [context.settings.login]
    const heirs = [...new Set([...heirsOfPublic(context, schema, 'CREATE'), ...login])].map(quoteIdentifier).join(', ')
    const object = `CREATE on schema ${schema.name} withheld from PUBLIC`
    // Before 15 the schema is often a superuser's, and its privileges are for a DBA to change.
    const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false, privileged: true } as const
    return {
      ...instant,
      id: `expand/schema-${schema.name}/create`,
      phase: 'expand',
      kind: 'grant',
      table: null,
      summary: `keep the application from making tables in ${schema.name}`,
      statements: [
        ...(heirs === '' ? [] : [`grant create on schema ${name} to ${heirs}`]),
        `revoke create on schema ${name} from public`,
      ],
      checks: [{ object, sql: not(publicMayCreateIn(schema.name)) }],
      inverse: [
        {
          ...instant,
          id: `undo/schema-${schema.name}/create`,
          stage: 'access',
          summary: `let PUBLIC make tables in ${schema.name} again`,
          statements: [
            `grant create on schema ${name} to public`,
            ...(heirs === '' ? [] : [`revoke create on schema ${name} from ${heirs}`]),
          ],
          checks: [{ object, sql: publicMayCreateIn(schema.name) }],
        },
      ],
    }
  })
}
