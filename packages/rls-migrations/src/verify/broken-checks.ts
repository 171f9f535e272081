import { evaluateChecks } from '../apply/evaluate-checks.ts'
import { findGoneTables } from '../apply/gone-tables.ts'
import { Journal } from '../apply/journal.ts'
import type { Session } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'
import { hasReached, type Check, type Phase, type Step } from '../plan/step.ts'
import type { Crossing } from './verify-report.ts'

/** A check with the step whose work it shows. */
export interface OwnedCheck {
  readonly table: string | null
  readonly step: Step
  readonly check: Check
}

/**
 * The checks that must hold in a phase. A privileged step may have been left to a DBA, and its absence opens nothing:
 * those are the business of `status`, not of the proof.
 */
export function expectedChecks(plan: Plan, phase: Phase): readonly OwnedCheck[] {
  return plan.steps
    .filter((step) => hasReached(phase, step.phase) && step.privileged !== true)
    .flatMap((step) => step.checks.map((check) => ({ table: step.table, step, check })))
    .filter(({ check }) => check.until === undefined || !hasReached(phase, check.until))
}

/** Every object of the wall that is missing or was changed, named with its table. Reads the catalog only. */
export async function findBrokenChecks(session: Session, plan: Plan, phase: Phase): Promise<readonly Crossing[]> {
  const broken = await findBrokenFacts(session, plan, phase)
  // An index and the key made of it have checks of their own under one name: one finding is enough.
  const named = new Map(broken.map((one) => [`${one.table ?? ''}\0${one.check.object}`, one]))
  return [...named.values()].map(({ table, check }) => ({
    table: table ?? '',
    probe: 'catalog',
    detail: brokenText(check),
  }))
}

export function brokenText(check: Check): string {
  return `${check.object} is missing or not as it was made`
}

/** Every fact that no longer holds of what the steps made. Reads the catalog only. */
export async function findBrokenFacts(session: Session, plan: Plan, phase: Phase): Promise<readonly OwnedCheck[]> {
  // A table that the host has dropped leaks nothing; renamed, it is one that the plan does not know, which has its own rule.
  const gone = await findGoneTables(session, plan)
  // A phase that was begun and cut off has replaced some facts of the one before already.
  const begun = (await new Journal(session, plan.settings.controlSchema).read())?.begun
  const expected = expectedChecks(plan, phase)
    .filter(({ table }) => table === null || !gone.has(table))
    .filter(({ check }) => check.until === undefined || begun?.has(check.until) !== true)
  const held = await evaluateChecks(
    session,
    expected.map(({ check }) => check),
  )
  return expected.filter((_, at) => held[at] !== true)
}
