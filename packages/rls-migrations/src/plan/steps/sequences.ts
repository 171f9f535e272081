import type { Sequence } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { isNotGranted } from '../checks.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'

const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false } as const

/** Sequences that belong to no table: code draws from them by name. Those of columns come with their tables. */
export function planSequenceGrants(context: PlanContext): readonly Step[] {
  return context.catalog.freeSequences.map((sequence) => {
    context.hazards.push({
      id: 'shared-sequence',
      severity: 'notice',
      object: `sequence ${displayName(sequence)}`,
      message: 'Every organization draws from it, so its gaps tell how busy the others are. Accepted.',
    })
    return sequenceStep(context, sequence)
  })
}

/** Sequences of columns that came to a table after its plan was made, whose grants do not have them. */
export function planNewSequences(context: PlanContext): readonly Step[] {
  const granted = context.frozen?.steps.flatMap((step) => (step.kind === 'grant' ? step.statements : [])) ?? []
  return context.tenantTables
    .filter((table) => context.converted.includes(table))
    .flatMap((table) => table.sequences.map((sequence) => ({ ...sequence, owner: table.owner })))
    .filter((sequence) => !granted.some((statement) => statement.includes(quoteName(sequence))))
    .map((sequence) => sequenceStep(context, sequence))
}

function sequenceStep(context: PlanContext, sequence: Sequence): Step {
  const { app, operator } = context.settings.roles
  const name = displayName(sequence)
  const roles = [app, operator].map(quoteIdentifier).join(', ')
  const object = (role: string): string => `usage of sequence ${name} for ${role}`
  return {
    ...instant,
    id: `expand/${name}/sequence`,
    phase: 'expand',
    kind: 'grant',
    table: null,
    summary: `let the application draw from the sequence ${name}`,
    statements: [`grant usage on sequence ${quoteName(sequence)} to ${roles}`],
    checks: [app, operator].map((role) => ({ object: object(role), sql: mayDraw(role, sequence) })),
    inverse: [
      {
        ...instant,
        id: `undo/${name}/sequence`,
        stage: 'access',
        summary: `take the sequence ${name} from the application`,
        statements: [`revoke all on sequence ${quoteName(sequence)} from ${roles}`],
        checks: [app, operator].map((role) => ({ object: object(role), sql: isNotGranted(role, sequence) })),
      },
    ],
  }
}

const mayDraw = (role: string, sequence: Sequence): string =>
  `has_sequence_privilege(to_regrole(${quoteLiteral(quoteIdentifier(role))})::oid, to_regclass(${quoteLiteral(quoteName(sequence))})::oid, 'usage')`
