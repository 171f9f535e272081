import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Catalog, Table } from '../catalog/catalog.ts'
import type { Plan } from '../plan/plan.ts'
import { hasReached, type Phase } from '../plan/step.ts'
import { quoteIdentifier, quoteLiteral, sameName } from '../sql/identifier.ts'
import { buildTarget, type TargetParts } from './build-target.ts'
import { makeRows, RowRefused } from './make-rows.ts'
import { outwardReason, type Reactions } from './outward-triggers.ts'
import { referencesOf, type PlannedReference } from './planned-references.ts'
import { describe, type Attempt, type Probe, type ProbeTarget } from './probe.ts'
import { budgetMs, isBusy, type ProbeLane } from './probe-lane.ts'
import { columnTypesKey } from './rows/column-type.ts'
import type { Examples } from './rows/examples.ts'
import { cellText, fillings, RowPlanError, RowPlanner, type Filling, type PlannedRow } from './rows/plan-rows.ts'
import type { TableShape } from './rows/table-shape.ts'
import { enter } from './tenant-statements.ts'

/** Everything that attacks share. */
export interface ProbeSetup {
  readonly plan: Plan
  readonly phase: Phase
  readonly catalog: Catalog
  readonly shapes: ReadonlyMap<string, TableShape>
  readonly examples: Examples
  readonly reactions: Reactions
  readonly references: readonly PlannedReference[]
  readonly probes: readonly Probe[]
}

/** What came of the attacks on one table. */
export interface TableResult {
  readonly run: number
  readonly blocked: number
  readonly crossings: readonly { readonly probe: string; readonly detail: string }[]
  /** Why the table is not proved by attacks; undefined when it is. */
  readonly reason: string | undefined
  /** No row could be made, so that nothing was attacked. */
  readonly withoutRows: boolean
}

/** How often the same is tried again when the server is busy, or when a chosen key is taken. */
const PATIENCE = 5

/** A transaction that found no lock or no time: all of it is tried again. */
class Busy extends Error {
  override readonly name = 'Busy'
}

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

  async probe(): Promise<TableResult> {
    await this.#setup.examples.prepare(this.#shape)
    try {
      while (!(await this.#insideOnce()));
      await this.#afterwards()
      return this.#result(this.#unexpected[0])
    } catch (error) {
      if (
        !(
          error instanceof RowPlanError ||
          error instanceof RowRefused ||
          error instanceof Busy ||
          error instanceof OutOfReach
        )
      )
        throw error
      return this.#result(error.message)
    }
  }

  #result(reason: string | undefined): TableResult {
    return {
      run: this.#run,
      blocked: this.#blocked,
      crossings: this.#crossings,
      reason,
      withoutRows: this.#target === undefined,
    }
  }

  /** One transaction; true when every attack is done. */
  async #insideOnce(): Promise<boolean> {
    const startedAt = performance.now()
    await this.#lane.begin()
    try {
      const target = await this.#makeTarget()
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
        if (performance.now() - startedAt > budgetMs) break
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
        await this.#lane.begin()
        try {
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
    if (outcome.kind === 'error' && isBusy(outcome.sqlState)) throw new Busy(`${probe.name}: ${describe(outcome)}`)
    const verdict = attempt.judge(outcome)
    this.#run += 1
    if (verdict.kind === 'blocked') this.#blocked += 1
    else if (verdict.kind === 'crossing') this.#crossings.push({ probe: probe.name, detail: verdict.detail })
    else this.#unexpected.push(`${probe.name}: ${verdict.detail}`)
  }

  async #mustRun(statements: readonly string[]): Promise<void> {
    if (statements.length === 0) return
    const outcome = await this.#lane.run(statements)
    if (outcome.kind === 'error')
      throw isBusy(outcome.sqlState) ? new Busy(describe(outcome)) : new RowPlanError(describe(outcome))
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

  async #makeTarget(): Promise<ProbeTarget> {
    const { plan, phase, references } = this.#setup
    const planner = this.#planner(fillings[this.#filling] as Filling)
    const isUser = this.#shape.class === 'user'
    const a = { organization: randomUUID() as string, row: null as PlannedRow | null }
    const b = { organization: isUser ? plan.settings.defaultOrganization.id : randomUUID() }
    const row = planner.rowOf(this.#shape, b.organization)
    if (!isUser) a.row = planner.rowOf(this.#shape, a.organization)
    const parents: TargetParts['references'] = referencesOf(isUser ? [] : references, this.#shape).flatMap(
      (reference) => {
        const parent = this.#setup.shapes.get(columnTypesKey(reference.references))
        return parent === undefined ? [] : [{ reference, parent: planner.rowApartFrom(row, parent) }]
      },
    )
    for (const { table } of planner.ordered) {
      const reason = outwardReason(table, this.#setup.reactions)
      if (reason !== undefined) throw new OutOfReach(reason)
    }
    await makeRows(this.#lane, plan.settings.setting, planner.ordered)
    if (isUser) await this.#makeMember(row)
    return buildTarget({ plan, phase, table: this.#table, a, b: { ...b, row }, references: parents })
  }

  #planner(filling: Filling): RowPlanner {
    const { plan, shapes, examples } = this.#setup
    const makesPeople = this.#lane.as('operator') !== null
    return new RowPlanner({
      shapes,
      examples: (table) => examples.of(table),
      tenantColumn: plan.settings.tenantColumn,
      filling,
      // Shared rows are everybody's: one that exists is as good as a new one, and needs no key.
      takes: (table) =>
        table.class !== 'tenant' && (!makesPeople || (table.class !== 'user' && examples.of(table).length > 0)),
      draw: (limit) => randomInt(limit),
    })
  }

  /** The person is a member of the default organization, the only one that is sure to exist. */
  async #makeMember(person: PlannedRow): Promise<void> {
    const { settings } = this.#setup.plan
    const id = cellText(person, settings.users?.id ?? 'id') ?? ''
    const table = `${quoteIdentifier(settings.controlSchema)}.memberships`
    const values = [settings.defaultOrganization.id, id, 'member'].map(quoteLiteral).join(', ')
    await this.#mustRun([
      ...(this.#lane.as('operator') ?? []),
      enter(settings.setting, ''),
      `insert into ${table} (organization_id, user_id, role) values (${values})`,
    ])
  }
}

/** A table whose rows would be felt outside of the transaction: no other values would change that. */
class OutOfReach extends Error {
  override readonly name = 'OutOfReach'
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

/** The table as the catalog has it now; undefined when it is gone. */
export function currentTable(
  catalog: Catalog,
  table: { readonly schema: string; readonly name: string },
): Table | undefined {
  return catalog.tables.find((one) => sameName(one, table))
}
