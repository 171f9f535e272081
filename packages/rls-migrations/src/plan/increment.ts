import type { Catalog } from '../catalog/catalog.ts'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import { sameName } from '../sql/identifier.ts'
import { withoutReplaced } from './migration-checks.ts'
import { planConversion } from './plan-conversion.ts'
import type { Hazard, Plan, PlannedTable } from './plan.ts'
import { hasReached, phases, type Phase, type Step } from './step.ts'

export interface IncrementInput {
  readonly catalog: Catalog
  readonly config: ResolvedConfig
  readonly frozen: Plan
  /** The phase that is complete. */
  readonly phase: Phase
}

/** What has come into a database since its plan was frozen, and the plan that has a part for it. */
export interface Increment {
  /** The frozen plan with the additions in it, phase by phase. What was frozen is in it as it was, but for the checks of
   * functions that a new migration replaces. */
  readonly plan: Plan
  readonly tables: readonly PlannedTable[]
  readonly steps: readonly Step[]
  readonly hazards: readonly Hazard[]
}

/**
 * Plans for what is new: tables, and on the tables of the plan new keys and columns. The database is planned once more
 * as it is, and the steps that the frozen plan has already are left out: a step's id names what it makes.
 *
 * @throws TenancyError what {@link planConversion} throws.
 */
export function planIncrement({ catalog, config, frozen, phase }: IncrementInput): Increment {
  const now = planConversion({ catalog, config, frozen, defaultOrganizationId: '' })
  const stale = new Map(now.steps.filter((step) => isMadeAnew(step, phase)).map((step) => [step.id, step]))
  const steps = added(now.steps, frozen.steps, (step) => step.id)
  const hazards = added(now.hazards, frozen.hazards, (hazard) => `${hazard.id}\0${hazard.object}`)
  const kept = frozen.steps.map((step) => stale.get(step.id) ?? step)
  const tables = (['tenant', 'user', 'shared', 'skipped'] as const).map(
    (tableClass) => [tableClass, newTables(now.tables[tableClass], frozen)] as const,
  )
  return {
    plan: {
      ...frozen,
      tables: {
        ...frozen.tables,
        ...Object.fromEntries(
          tables.map(([tableClass, news]) => [tableClass, [...frozen.tables[tableClass], ...news]]),
        ),
      },
      derivations: [
        ...frozen.derivations,
        ...now.derivations.filter(({ table }) => !frozen.derivations.some((one) => sameName(one.table, table))),
      ],
      steps: withoutReplaced(phases.flatMap((one) => inOrder(kept, steps, one))),
      hazards: [...frozen.hazards, ...hazards],
    },
    tables: tables.flatMap(([, news]) => news),
    steps,
    hazards,
  }
}

/**
 * What is built comes behind what it may stand on. What is taken down comes before: a new foreign key goes before the
 * old key below it, and a new table is proved before FORCE hides the rows of the others.
 */
function inOrder(kept: readonly Step[], steps: readonly Step[], phase: Phase): readonly Step[] {
  const order = hasReached(phase, 'contract') ? [...steps, ...kept] : [...kept, ...steps]
  return order.filter((step) => step.phase === phase)
}

/** Looks for what stands on the old keys, as they are now, as long as those keys have not gone. */
function isMadeAnew(step: Step, phase: Phase): boolean {
  return step.kind === 'precondition' && !hasReached(phase, step.phase)
}

function added<One>(now: readonly One[], before: readonly One[], nameOf: (one: One) => string): readonly One[] {
  const known = new Set(before.map(nameOf))
  return now.filter((one) => !known.has(nameOf(one)))
}

function newTables(now: readonly PlannedTable[], frozen: Plan): readonly PlannedTable[] {
  const known = Object.values(frozen.tables).flat()
  return now.filter((table) => !known.some((one) => sameName(one, table)))
}
