import { setTimeout as wait } from 'node:timers/promises'
import type { Table } from '../catalog/catalog.ts'
import { hasReached } from '../plan/step.ts'
import { RowRefused } from './make-rows.ts'
import { makeTarget, OutOfReach, type ProbeSetup } from './make-target.ts'
import { describe, type Attempt, type Probe, type ProbeTarget } from './probe.ts'
import { Busy, demand, isBusy, type ProbeLane } from './probe-lane.ts'
import { columnTypesKey } from './rows/column-type.ts'
import { fillings, RowPlanError, type Filling } from './rows/plan-rows.ts'
import type { TableShape } from './rows/table-shape.ts'
import type { ProbeCount } from './verify-report.ts'

/** What came of the attacks on one table. */
export interface TableResult {
  readonly run: number
  readonly blocked: number
  readonly crossings: readonly { readonly probe: string; readonly detail: string }[]
  /** The attacks by the probe that they are of, in the order in which they ran. */
  readonly byProbe: readonly ProbeCount[]
  /** Why the table is not proved by attacks; undefined when it is. */
  readonly reason: string | undefined
  /** No row could be made, so that nothing was attacked. */
  readonly withoutRows: boolean
  /** How the rows were filled. */
  readonly filling: Filling
}

/** How often the same is tried again when the server is busy, or when a chosen key is taken. */
const PATIENCE = 5

/** Why a table was not attacked to the end; every other error ends the proof. */
const reasons = [RowPlanError, RowRefused, Busy, OutOfReach] as const

/**
 * Attacks one table through a lane, in transactions that are always rolled back. A transaction that used up its budget
 * is ended after the attack that it is in, and another one, with new rows, goes on from there.
 */
export class TableProber {
  readonly #setup: ProbeSetup
  readonly #lane: ProbeLane
  readonly #shape: TableShape
  readonly #table: Table
  readonly #crossings: { probe: string; detail: string }[] = []
  readonly #unexpected: string[] = []
  readonly #byProbe = new Map<string, { run: number; blocked: number }>()
  #run = 0
  #blocked = 0
  #filling = 0
  #patience = PATIENCE
  #target: ProbeTarget | undefined

  constructor(setup: ProbeSetup, lane: ProbeLane, table: Table) {
    this.#setup = setup
    this.#lane = lane
    this.#table = table
    this.#shape = setup.shapes.get(columnTypesKey(table)) as TableShape
  }

  get #chosen(): Filling {
    return fillings[this.#filling] as Filling
  }

  async probe(): Promise<TableResult> {
    await this.#setup.examples.prepare(this.#shape)
    try {
      while (!(await this.#insideOnce()));
      await this.#afterwards()
      return this.#result(this.#unexpected[0])
    } catch (error) {
      if (!reasons.some((reason) => error instanceof reason)) throw error
      return this.#result((error as Error).message)
    }
  }

  #result(reason: string | undefined): TableResult {
    return {
      run: this.#run,
      blocked: this.#blocked,
      crossings: this.#crossings,
      byProbe: [...this.#byProbe].map(([probe, count]) => ({ probe, ...count })),
      reason,
      withoutRows: this.#target === undefined,
      filling: this.#chosen,
    }
  }

  /** One transaction; true when every attack is done. */
  async #insideOnce(): Promise<boolean> {
    const startedAt = performance.now()
    try {
      demand(await this.#lane.begin())
      const target = await makeTarget(this.#setup, {
        lane: this.#lane,
        table: this.#table,
        filling: this.#chosen,
      })
      this.#target = target
      const attacks = attacksOn(target, this.#setup.probes, 'inside')
      // The state to which every attack goes back. Deferred keys are checked at once, so that each answer is the last.
      await this.#mustRun([
        ...(this.#lane.as('app') ?? []),
        'set constraints all immediate',
        'savepoint partywall_probe',
      ])
      while (this.#run < attacks.length) {
        await this.#attack(attacks[this.#run] as Attack, 'rollback to savepoint partywall_probe')
        if (performance.now() - startedAt >= this.#setup.transactionBudgetMs) break
      }
      return this.#run >= attacks.length
    } catch (error) {
      await this.#mayRetry(error)
      return false
    } finally {
      await this.#lane.rollback()
    }
  }

  /** The promises that begin when the transaction is over. */
  async #afterwards(): Promise<void> {
    for (const attack of this.#target === undefined ? [] : attacksOn(this.#target, this.#setup.probes, 'afterwards')) {
      for (let done = false; !done;) {
        try {
          demand(await this.#lane.begin())
          await this.#mustRun(this.#lane.as('app') ?? [])
          await this.#attack(attack)
          done = true
        } catch (error) {
          await this.#mayRetry(error)
        } finally {
          await this.#lane.rollback()
        }
      }
    }
  }

  async #attack({ probe, attempt }: Attack, before?: string): Promise<void> {
    const outcome = await this.#lane.run([...(before === undefined ? [] : [before]), ...attempt.statements])
    if (outcome.kind === 'error' && isBusy(outcome.sqlState) && !outcome.copyBegan)
      throw new Busy(`${probe.name}: ${describe(outcome)}`)
    const verdict = attempt.judge(outcome)
    this.#count(probe.name, verdict.kind === 'blocked')
    if (verdict.kind === 'blocked') return
    if (verdict.kind === 'crossing') this.#crossings.push({ probe: probe.name, detail: verdict.detail })
    else this.#unexpected.push(`${probe.name}: ${verdict.detail}`)
  }

  #count(probe: string, isBlocked: boolean): void {
    const count = this.#byProbe.get(probe) ?? { run: 0, blocked: 0 }
    this.#byProbe.set(probe, { run: count.run + 1, blocked: count.blocked + (isBlocked ? 1 : 0) })
    this.#run += 1
    if (isBlocked) this.#blocked += 1
  }

  async #mustRun(statements: readonly string[]): Promise<void> {
    if (statements.length > 0) demand(await this.#lane.run(statements))
  }

  /** Another try when there is hope: a busy server, a key that is taken, values that a CHECK refuses. Rethrows when not. */
  async #mayRetry(error: unknown): Promise<void> {
    const sqlState = error instanceof RowRefused ? error.sqlState : ''
    const passing = error instanceof Busy || isBusy(sqlState) || ['23505', '23P01'].includes(sqlState)
    if (passing && this.#patience > 0) {
      this.#patience -= 1
      if (!sqlState.startsWith('23')) await wait(20 * (PATIENCE - this.#patience))
      return
    }
    const ofTheRow = sqlState !== '' && sqlState !== '42501' && !isBusy(sqlState)
    if (!(ofTheRow || error instanceof RowPlanError) || this.#filling + 1 >= fillings.length) throw error
    this.#filling += 1
    this.#patience = PATIENCE
  }
}

interface Attack {
  readonly probe: Probe
  readonly attempt: Attempt
}

function attacksOn(
  target: ProbeTarget,
  probes: readonly Probe[],
  stage: NonNullable<Attempt['stage']>,
): readonly Attack[] {
  return probes
    .filter((probe) => probe.classes.includes(target.class) && hasReached(target.phase, probe.since ?? 'expand'))
    .flatMap((probe) => probe.attempts(target).map((attempt) => ({ probe, attempt })))
    .filter(({ attempt }) => (attempt.stage ?? 'inside') === stage)
}
