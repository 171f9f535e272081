import { TenancyError } from '@partywall/tenancy-core'
import { Journal } from '../apply/journal.ts'
import type { OnProgress } from '../apply/progress.ts'
import { runOperation } from '../apply/run-operation.ts'
import type { Session } from '../database/session.ts'
import type { Plan, SealMode } from '../plan/plan.ts'
import type { Operation } from '../plan/step.ts'
import { planUnseal, sealStepId } from '../plan/steps/sealed-context.ts'
import { withSeal } from '../plan/with-seal.ts'
import { newestSealKey } from './seal-key-store.ts'

/** What the policies take: bare ids, both, or tokens only. In this order: the next one breaks no service that runs. */
export const sealModes = ['off', 'accept', 'require'] as const

export interface SwitchSealOptions {
  readonly session: Session
  /** The frozen plan. */
  readonly plan: Plan
  readonly to: SealMode | 'off'
  readonly onProgress?: OnProgress
}

/** What the policies of a conversion take. */
export function sealModeOf({ settings }: Plan): SealMode | 'off' {
  return settings.seal ?? 'off'
}

/**
 * Changes what the policies take, by one step, in one transaction with the frozen plan: accessors are replaced, no table is
 * locked, and statements that run keep what they began with. Returns the plan from then on.
 *
 * @throws TenancyError `SEAL_STEP_SKIPPED` from `off` to `require` or back, which would refuse a service that runs;
 * `SEAL_KEY_MISSING` to `require` without a key; and what a step may throw.
 *
 * @example
 * ```ts
 * const accepting = await switchSeal({ session, plan, to: 'accept' })
 * // For every instance of the service.
 * const key = await rotateSealKey(session, accepting.settings, { overlapMs: 0 })
 * await switchSeal({ session, plan: accepting, to: 'require' })
 * ```
 */
export async function switchSeal({
  session,
  plan,
  to,
  onProgress = () => undefined,
}: SwitchSealOptions): Promise<Plan> {
  const from = sealModeOf(plan)
  if (Math.abs(sealModes.indexOf(to) - sealModes.indexOf(from)) > 1) {
    throw new TenancyError(
      'SEAL_STEP_SKIPPED',
      `From "${from}" to "${to}" in one step, every statement of a service that runs would be refused. Nothing was changed. Accept both first: partywall seal accept`,
      { details: { from, to } },
    )
  }
  if (to === 'require') await newestSealKey(session, plan.settings)
  const next = withSeal(plan, to)
  const step = next.steps.find(({ id }) => id === sealStepId)
  const operation: Operation = step ?? planUnseal(plan.settings)
  const journal = new Journal(session, plan.settings.controlSchema)
  await runOperation(operation, {
    session,
    lockPatienceMs: 60_000,
    onProgress,
    journal: async () => {
      await journal.freeze(next)
      if (step === undefined) await journal.forget([sealStepId])
      else await journal.finish(step, next.steps.indexOf(step), 0)
    },
  })
  return next
}
