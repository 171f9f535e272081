import type { Table } from '../../catalog/catalog.ts'
import type { SchemaGraph } from '../../catalog/schema-graph.ts'
import type { Plan, PlannedTable } from '../../plan/plan.ts'
import { tenantColumnOf } from '../../plan/plan-context.ts'
import type { Phase } from '../../plan/step.ts'
import { quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'

/** A deliberate sabotage: statements that take a piece of the wall away, to see whether the proof notices. */
export interface Mutation {
  /** What is done, the same word for every table. */
  readonly kind: string
  /** The table as people write it; `''` for what concerns all of them. */
  readonly table: string
  readonly statements: readonly string[]
  /** Only a superuser may run it. */
  readonly superuser?: boolean
}

/** What mutations are written for. */
export interface MutationScene {
  readonly plan: Plan
  /** The tables as they are now. */
  readonly graph: SchemaGraph
  readonly phase: Phase
  readonly serverVersion: number
  /** The owner of the database, as whom the proof runs. */
  readonly owner: string
  /** All roles of the server: not every server has every role, and some are left to a DBA. */
  readonly roles: readonly string[]
}

/** One table that is sabotaged, as it is now. */
export interface MutatedTable {
  readonly planned: PlannedTable
  readonly table: Table
}

/** A login of the application that exists for the length of a mutation. */
export const mutantLogin = 'partywall_mutant'

/** The name of everything else that a mutation makes. */
export const mutant = 'partywall_mutant'

export const appOf = ({ plan }: MutationScene): string => quoteIdentifier(plan.settings.roles.app)

export const makeLogin = (scene: MutationScene): string =>
  `create role ${quoteIdentifier(mutantLogin)} login in role ${appOf(scene)}`

/** An object of the mutation in the schema of the table. */
export const beside = (table: Table): string => quoteName({ schema: table.schema, name: mutant })

/** The expression of the wall, as the plan writes it. */
export function isolationOf({ plan }: MutationScene, table: Table): string {
  const { controlSchema } = plan.settings
  return `${quoteIdentifier(tenantColumnOf(plan.settings, table))} = (select ${quoteIdentifier(controlSchema)}.require_tenant_id())`
}

/** The organization that a fallback names; where an adopted root leaves no row over, any will do. */
export const defaultOrganization = ({ plan }: MutationScene): string =>
  quoteLiteral(plan.settings.defaultOrganization?.id ?? '1')
