import type { Table } from '../../catalog/catalog.ts'
import type { Derivation } from '../../derive/derivation.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { checkIsValid, columnIsNotNull, constraintExists, not } from '../checks.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Check, Step } from '../step.ts'

interface Guard {
  readonly constraint: string
  readonly condition: string
}

const instant = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: false, rewrites: false } as const

/**
 * Checks that hold for every new row at once and are proved for the old ones later: the tenant is there, and a column that
 * names an organization names the row's own. A foreign key could not say that, since the root's key is the tenant itself.
 */
export function planAddGuards(context: PlanContext, table: Table, derivation: Derivation): readonly Step[] {
  const guards = guardsOf(context, table, derivation)
  if (guards.length === 0) return []
  const name = displayName(table)
  const alter = `alter table ${quoteName(table)}`
  return [
    {
      ...instant,
      id: `expand/${name}/guards`,
      phase: 'expand',
      kind: 'tenant-guard',
      table: name,
      summary: `refuse new rows in ${name} that have no organization, or another than they name`,
      statements: [
        `${alter} ${guards.map(({ constraint, condition }) => `add constraint ${quoteIdentifier(constraint)} check (${condition}) not valid`).join(', ')}`,
      ],
      checks: guards.map((guard) => standing(context, table, { derivation, guard })),
      inverse: [
        {
          ...instant,
          id: `undo/${name}/guards`,
          stage: 'columns',
          summary: `drop the guards of ${name}`,
          statements: [
            `${alter} ${guards.map(({ constraint }) => `drop constraint if exists ${quoteIdentifier(constraint)}`).join(', ')}`,
          ],
          checks: guards.map(({ constraint }) => ({
            object: `constraint ${constraint} on ${name}`,
            sql: not(constraintExists(table, constraint)),
          })),
        },
      ],
    },
  ]
}

/** Proves the guards on the rows that exist, while everybody works on. */
export function planValidateGuards(context: PlanContext, table: Table, derivation: Derivation): readonly Step[] {
  const guards = guardsOf(context, table, derivation)
  if (guards.length === 0) return []
  const name = displayName(table)
  return [
    {
      id: `expand/${name}/validate-guards`,
      phase: 'expand',
      kind: 'tenant-guard',
      table: name,
      summary: `prove that each row of ${name} has its organization`,
      mode: 'transaction',
      statements: [
        `alter table ${quoteName(table)} ${guards.map(({ constraint }) => `validate constraint ${quoteIdentifier(constraint)}`).join(', ')}`,
      ],
      lock: 'SHARE UPDATE EXCLUSIVE',
      scans: true,
      rewrites: false,
      checks: guards.map((guard) => valid(context, table, { derivation, guard })),
      // Undone by the inverse of the step that added them.
      inverse: [],
    },
  ]
}

/** The proved check saves NOT NULL its scan, and then there is no need for it. */
export function planNotNull(context: PlanContext, table: Table): Step {
  const { tenantColumn } = context.settings
  const name = displayName(table)
  const alter = `alter table ${quoteName(table)}`
  return {
    ...instant,
    id: `expand/${name}/not-null`,
    phase: 'expand',
    kind: 'tenant-guard',
    table: name,
    summary: `make ${tenantColumn} of ${name} obligatory`,
    statements: [
      `${alter} alter column ${quoteIdentifier(tenantColumn)} set not null`,
      `${alter} drop constraint ${quoteIdentifier(presentName(context, table))}`,
    ],
    checks: [{ object: `NOT NULL of ${tenantColumn} on ${name}`, sql: columnIsNotNull(table, tenantColumn) }],
    // The column goes, and takes it along.
    inverse: [],
  }
}

function guardsOf(context: PlanContext, table: Table, derivation: Derivation): readonly Guard[] {
  const { settings } = context
  const column = quoteIdentifier(settings.tenantColumn)
  const present =
    derivation.source === 'derived'
      ? [{ constraint: presentName(context, table), condition: `${column} is not null` }]
      : []
  // Only columns that the database ties to the root: what else may stand in one is the host's affair.
  const named = [...derivation.edges, ...derivation.compared].filter(
    (edge) => edge.parent === null && edge.constraint !== null && edge.columns[0] !== settings.tenantColumn,
  )
  return [
    ...present,
    ...named.map((edge) => ({
      constraint: context.names.constraint(table, edge.constraint as string, 'tenant'),
      condition: `${quoteIdentifier(edge.columns[0] as string)} = ${column}`,
    })),
  ]
}

function presentName(context: PlanContext, table: Table): string {
  return context.names.constraint(table, table.name, context.settings.tenantColumn, 'present')
}

interface Guarding {
  readonly derivation: Derivation
  readonly guard: Guard
}

/** That the tenant is present is said by NOT NULL in the end. */
function standing(context: PlanContext, table: Table, { guard }: Guarding): Check {
  return orNotNull(context, table, { guard, sql: constraintExists(table, guard.constraint) })
}

function valid(context: PlanContext, table: Table, { guard }: Guarding): Check {
  return orNotNull(context, table, { guard, sql: checkIsValid(table, guard.constraint) })
}

function orNotNull(
  context: PlanContext,
  table: Table,
  { guard, sql }: { readonly guard: Guard; readonly sql: string },
): Check {
  const object = `constraint ${guard.constraint} on ${displayName(table)}`
  const replaced = guard.constraint === presentName(context, table)
  return {
    object,
    sql: replaced ? `${sql} or ${columnIsNotNull(table, context.settings.tenantColumn)}` : sql,
  }
}
