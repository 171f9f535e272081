import { isTenancyError } from '@partywall/tenancy-core'
import type { Session } from '../database/session.ts'
import type { Plan } from '../plan/plan.ts'
import { hasReached, phases, type Check, type Phase, type Step } from '../plan/step.ts'
import { evaluateOperations } from './evaluate-checks.ts'
import { adviseDba } from './advise-dba.ts'
import { dropLeftovers } from './drop-leftovers.ts'
import { findGoneTables } from './gone-tables.ts'
import { Journal, type ConversionState } from './journal.ts'
import { leftToDba, type LeftToDba } from './left-to-dba.ts'
import { openLockWatch, type LockWatch } from './lock-watch.ts'
import type { OnProgress } from './progress.ts'
import { runOperation } from './run-operation.ts'

export interface ApplyOptions {
  readonly session: Session
  readonly plan: Plan
  readonly to: Phase
  readonly onProgress?: OnProgress
  /** Milliseconds for which one step tries for its lock. @defaultValue ten minutes */
  readonly lockPatienceMs?: number
  /**
   * A second session, idle otherwise, that sees who stands in the way of the first while it waits, and how far a long
   * build is. Without it only the oldest transactions of the database can be named.
   */
  readonly watcher?: Session
  /** Asked before the steps of a phase begin that is not complete yet. Throws to stop the run there. */
  readonly beforePhase?: (phase: Phase) => Promise<void>
}

export interface ApplyResult {
  readonly phase: Phase
  readonly applied: number
  readonly skipped: number
  readonly durationMs: number
  /** The longest time for which a step may have kept others waiting. */
  readonly longestBlockMs: number
  /** Steps that this login may not do and that the conversion goes on without, with the statements for a DBA. */
  readonly left: readonly LeftToDba[]
}

const TEN_MINUTES_MS = 600_000

/**
 * Brings the database to a phase, step by step. A step whose facts the catalog shows already is left alone, so that a
 * run that was cut off anywhere is taken up by running it again. Each step and its row in the journal are one
 * transaction.
 *
 * @throws TenancyError `LOCK_UNAVAILABLE`, `STEP_FAILED`, `STEP_INCOMPLETE` or `PRIVILEGE_MISSING` when a step cannot be
 * done; `ORGANIZATION_CONFLICT` or `ORGANIZATION_ORPHANED` when rows belong to two organizations of an adopted root, or
 * to none; and what `beforePhase` throws. Every step before it stays done.
 *
 * @example
 * ```ts
 * const { plan } = await readConversion(session, config)
 * const { phase } = await applyPlan({ session, plan, to: 'contract' }) // { phase: 'contract' }
 * ```
 */
export async function applyPlan(options: ApplyOptions): Promise<ApplyResult> {
  const startedAt = performance.now()
  const run = new Run(options, await openLockWatch(options.session, options.watcher))
  for (const phase of phases) {
    if (!hasReached(options.to, phase)) break
    await run.phase(phase)
  }
  return run.result(performance.now() - startedAt)
}

/** Facts that a later phase replaces say nothing while steps of that phase stand, as they do after a rollback was cut off. */
function withoutReplaced(step: Step, state: ConversionState | undefined): { readonly checks: readonly Check[] } {
  return { checks: step.checks.filter((check) => check.until === undefined || state?.begun.has(check.until) !== true) }
}

class Run {
  readonly #options: ApplyOptions
  readonly #watch: LockWatch | undefined
  readonly #journal: Journal
  readonly #onProgress: OnProgress
  readonly #left: LeftToDba[] = []
  #applied = 0
  #skipped = 0
  #longestBlockMs = 0
  #reached: Phase = 'install'

  constructor(options: ApplyOptions, watch: LockWatch | undefined) {
    this.#options = options
    this.#watch = watch
    this.#journal = new Journal(options.session, options.plan.settings.controlSchema)
    this.#onProgress = options.onProgress ?? (() => undefined)
  }

  /**
   * Facts of a finished phase may be replaced by a later one: what is recorded as done is not looked at again. What a
   * finished phase has beside that came to the plan later.
   */
  async phase(phase: Phase): Promise<void> {
    const { session, plan } = this.#options
    const state = await this.#journal.read()
    const ofPhase = plan.steps.filter((step) => step.phase === phase)
    const isComplete = state?.plan !== undefined && hasReached(state.phase, phase)
    const steps = isComplete ? ofPhase.filter((step) => !state.done.has(step.id)) : ofPhase
    this.#skipped += ofPhase.length - steps.length
    if (!isComplete) await this.#options.beforePhase?.(phase)
    const holds = await evaluateOperations(
      session,
      steps.map((step) => withoutReplaced(step, state)),
    )
    const gone = await findGoneTables(session, plan)
    const isGone = (step: Step): boolean => step.table !== null && gone.has(step.table)
    const isDone = (step: Step, at: number): boolean => isGone(step) || (holds[at] ?? state?.done.has(step.id) ?? false)
    this.#onProgress({ type: 'planned', operations: steps.filter((step, at) => !isDone(step, at)) })
    for (const [at, step] of steps.entries()) {
      if (isDone(step, at)) await this.#skip(step, state?.done.has(step.id) === true)
      else await this.#run(step)
    }
    if (isComplete) this.#reached = state.phase
    else await this.#complete(phase)
  }

  result(durationMs: number): ApplyResult {
    return {
      phase: this.#reached,
      applied: this.#applied,
      skipped: this.#skipped,
      durationMs,
      longestBlockMs: this.#longestBlockMs,
      left: this.#left,
    }
  }

  async #skip(step: Step, journaled: boolean): Promise<void> {
    this.#skipped += 1
    if (!journaled && (await this.#journal.exists())) await this.#journal.finish(step, this.#position(step), 0)
  }

  async #run(step: Step): Promise<void> {
    const { session, lockPatienceMs = TEN_MINUTES_MS } = this.#options
    const position = this.#position(step)
    const startedAt = performance.now()
    this.#onProgress({ type: 'started', operation: step })
    if (step.mode === 'concurrent') await this.#journal.start(step, position)
    const journal = async (): Promise<void> => {
      // The first steps of all make the journal.
      if (step.phase !== 'install' || (await this.#journal.exists()))
        await this.#journal.finish(step, position, performance.now() - startedAt)
    }
    try {
      const { durationMs, blockMs } = await runOperation(step, {
        session,
        lockPatienceMs,
        onProgress: this.#onProgress,
        journal,
        place: {
          read: () => this.#journal.progressOf(step),
          advance: (progress) => this.#journal.advance(step, position, progress),
        },
        watch: this.#watch,
      })
      this.#applied += 1
      this.#longestBlockMs = Math.max(this.#longestBlockMs, blockMs)
      this.#onProgress({ type: 'finished', operation: step, durationMs, skipped: false })
    } catch (error) {
      this.#leave(step, error)
    }
  }

  #leave(step: Step, error: unknown): void {
    const left = leftToDba(step, error)
    if (left === undefined)
      throw isTenancyError(error, 'PRIVILEGE_MISSING') ? adviseDba(this.#options.plan, step, error) : error
    this.#left.push(left)
    this.#onProgress({ type: 'left', operation: step, reason: left.reason })
  }

  async #complete(phase: Phase): Promise<void> {
    this.#reached = phase
    await dropLeftovers(this.#options.session, this.#options.plan, phase)
    const state = await this.#journal.read()
    if (phase === 'install') {
      await this.#recordFirst(state)
      // A plan is frozen once there is a place for it, and before anything of the host is touched.
      if (state?.plan === undefined && this.#options.to !== 'install') await this.#journal.freeze(this.#options.plan)
      return
    }
    await this.#journal.setPhase(phase)
  }

  /** Steps that ran before there was a journal. */
  async #recordFirst(state: ConversionState | undefined): Promise<void> {
    const left = new Set(this.#left.map((entry) => entry.step))
    const first = this.#options.plan.steps.filter((step) => step.phase === 'install' && !left.has(step.id))
    for (const step of first.filter((one) => state?.done.has(one.id) !== true))
      await this.#journal.finish(step, this.#position(step), 0)
  }

  #position(step: Step): number {
    return this.#options.plan.steps.indexOf(step)
  }
}
